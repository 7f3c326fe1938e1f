"""What closings tell of recognition, by branch and day; papers that are due, counted from an index."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_BEFORE = "ix_capture_task_business_date_branch"
_NOW = "ix_capture_task_business_date_branch_need_medium_state"
_COLUMNS = ["business_date", "branch", "need", "medium", "state"]


def upgrade() -> None:
    """Apply."""
    op.drop_index(op.f(_BEFORE), "capture_task")
    op.create_index(op.f(_NOW), "capture_task", _COLUMNS)
    op.create_table(
        "recognised_day",
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("transactions", sa.Integer(), nullable=False),
        sa.Column("automatic", sa.Integer(), nullable=False),
        sa.Column("causes", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("business_date", "branch", name=op.f("pk_recognised_day")),
    )
