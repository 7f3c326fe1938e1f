"""Online copies that are removed under an approval."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "removal_order",
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.String(length=8), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_removal_order")),
    )
    op.create_table(
        "removal_item",
        sa.Column("order_no", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_no"], ["removal_order.no"], name=op.f("fk_removal_item_order_no")
        ),
        sa.PrimaryKeyConstraint("order_no", "key", name=op.f("pk_removal_item")),
    )
    op.create_index(op.f("ix_removal_item_key"), "removal_item", ["key"])
    op.create_table(
        "removal_approval",
        sa.Column("order_no", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_no"], ["removal_order.no"], name=op.f("fk_removal_approval_order_no")
        ),
        sa.PrimaryKeyConstraint("order_no", name=op.f("pk_removal_approval")),
    )
    op.create_table(
        "removed_copy",
        sa.Column("order_no", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("place", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("gone_at", sa.DateTime(), nullable=True),
        sa.Column("returned_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_no"], ["removal_order.no"], name=op.f("fk_removed_copy_order_no")
        ),
        sa.PrimaryKeyConstraint("order_no", "key", name=op.f("pk_removed_copy")),
    )
    op.create_index(op.f("ix_removed_copy_key"), "removed_copy", ["key"])
