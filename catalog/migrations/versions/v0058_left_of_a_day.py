"""What a closing left to people, beside its whole result."""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; closings of before have it in their result alone."""
    for name in ("discrepancies", "late"):
        op.add_column("day_close", sa.Column(name, sa.JSON(), nullable=True))
