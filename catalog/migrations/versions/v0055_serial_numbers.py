"""Transactions are found by their serial numbers."""

from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index(op.f("ix_booked_transaction_serial_no"), "booked_transaction", ["serial_no"])
