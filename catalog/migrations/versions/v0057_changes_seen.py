"""How many changes of a day its closing saw."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("day_close", sa.Column("seen", sa.Integer(), nullable=True))
