"""Customers who come back after their account was closed."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "customer_return",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("customer_no", sa.String(length=64), nullable=False),
        sa.Column("returned_on", sa.Date(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_return")),
    )
    op.create_index(op.f("ix_customer_return_customer_no"), "customer_return", ["customer_no"])
