"""Findings made after a page was read, and the rules it was then judged by."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("delivery", sa.Column("judged_id", sa.String(length=64), nullable=True))
    op.add_column(
        "finding",
        sa.Column("after_reading", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
