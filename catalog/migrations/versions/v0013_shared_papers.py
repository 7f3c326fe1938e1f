"""Which task's paper serves a capture task too."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("capture_task", sa.Column("shared_from", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_capture_task_shared_from"), "capture_task", ["shared_from"])
