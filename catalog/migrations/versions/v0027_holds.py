"""Legal holds on objects."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "legal_hold",
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_legal_hold")),
    )
    op.create_table(
        "held_object",
        sa.Column("hold_no", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.ForeignKeyConstraint(
            ["hold_no"], ["legal_hold.no"], name=op.f("fk_held_object_hold_no")
        ),
        sa.PrimaryKeyConstraint("hold_no", "key", name=op.f("pk_held_object")),
    )
    op.create_index(op.f("ix_held_object_key"), "held_object", ["key"])
    op.create_table(
        "hold_lift",
        sa.Column("hold_no", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["hold_no"], ["legal_hold.no"], name=op.f("fk_hold_lift_hold_no")),
        sa.PrimaryKeyConstraint("hold_no", name=op.f("pk_hold_lift")),
    )
    op.create_table(
        "hold_at_store",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("place", sa.String(length=8), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", "place", name=op.f("pk_hold_at_store")),
    )
