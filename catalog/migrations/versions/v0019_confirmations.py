"""Which booked rows their handlers confirmed."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "row_confirmation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("serial_no", sa.String(length=32), nullable=False),
        sa.Column("row", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("person_key", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_row_confirmation")),
    )
    op.create_index(
        op.f("ix_row_confirmation_business_date_branch"),
        "row_confirmation",
        ["business_date", "branch"],
    )
