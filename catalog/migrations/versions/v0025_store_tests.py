"""What each store was seen to do when it was tried out."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "store_test",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("store", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_test")),
    )
    op.create_index(op.f("ix_store_test_store"), "store_test", ["store"])
