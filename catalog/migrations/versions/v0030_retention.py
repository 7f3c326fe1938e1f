"""Closed accounts, and until when rules keep objects."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "closure_act",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("customer_no", sa.String(length=64), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closure_act")),
    )
    op.create_index(op.f("ix_closure_act_customer_no"), "closure_act", ["customer_no"])
    op.create_table(
        "closure_applied",
        sa.Column("customer_no", sa.String(length=64), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("customer_no", name=op.f("pk_closure_applied")),
    )
    op.create_table(
        "object_date",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("rule", sa.String(length=32), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", "rule", name=op.f("pk_object_date")),
    )
