"""What the monitor counts over a window of days, counted from indexes alone."""

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index(op.f("ix_delivery_batch_id_state"), "delivery", ["batch_id", "state"])
    columns = ["business_date", "branch", "at"]
    op.create_index(op.f("ix_day_close_business_date_branch_at"), "day_close", columns)
