"""The register of destruction: lists, opinions, decisions, supervisors, what is gone."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "destruction_order",
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_destruction_order")),
    )
    op.create_table(
        "destruction_attendance",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_no", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_no"], ["destruction_order.no"], name=op.f("fk_destruction_attendance_order_no")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction_attendance")),
    )
    op.create_index(
        op.f("ix_destruction_attendance_order_no"),
        "destruction_attendance",
        ["order_no"],
        unique=False,
    )
    op.create_table(
        "destruction_decision",
        sa.Column("order_no", sa.Integer(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("minutes", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_no"], ["destruction_order.no"], name=op.f("fk_destruction_decision_order_no")
        ),
        sa.PrimaryKeyConstraint("order_no", name=op.f("pk_destruction_decision")),
    )
    op.create_table(
        "destruction_end",
        sa.Column("order_no", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("looked", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_no"], ["destruction_order.no"], name=op.f("fk_destruction_end_order_no")
        ),
        sa.PrimaryKeyConstraint("order_no", name=op.f("pk_destruction_end")),
    )
    op.create_table(
        "destruction_item",
        sa.Column("order_no", sa.Integer(), nullable=False),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("customer_no", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.String(length=32), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_no"], ["destruction_order.no"], name=op.f("fk_destruction_item_order_no")
        ),
        sa.PrimaryKeyConstraint("order_no", "no", name=op.f("pk_destruction_item")),
    )
    op.create_index(op.f("ix_destruction_item_name"), "destruction_item", ["name"], unique=False)
    op.create_table(
        "destruction_opinion",
        sa.Column("order_no", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_no"], ["destruction_order.no"], name=op.f("fk_destruction_opinion_order_no")
        ),
        sa.PrimaryKeyConstraint("order_no", "role", name=op.f("pk_destruction_opinion")),
    )
    op.create_table(
        "destroyed_item",
        sa.Column("order_no", sa.Integer(), nullable=False),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("supervisors", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("gone_at", sa.DateTime(), nullable=True),
        sa.Column("stayed_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_no", "no"],
            ["destruction_item.order_no", "destruction_item.no"],
            name=op.f("fk_destroyed_item_order_no_no"),
        ),
        sa.PrimaryKeyConstraint("order_no", "no", name=op.f("pk_destroyed_item")),
    )
    op.create_table(
        "destruction_withdrawal",
        sa.Column("order_no", sa.Integer(), nullable=False),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_no", "no"],
            ["destruction_item.order_no", "destruction_item.no"],
            name=op.f("fk_destruction_withdrawal_order_no_no"),
        ),
        sa.PrimaryKeyConstraint("order_no", "no", name=op.f("pk_destruction_withdrawal")),
    )
