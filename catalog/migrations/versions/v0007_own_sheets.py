"""Deliveries that are one of our own sheets keep its code: its kind, and what a cover says."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("delivery", sa.Column("sheet", sa.String(length=64), nullable=True))
