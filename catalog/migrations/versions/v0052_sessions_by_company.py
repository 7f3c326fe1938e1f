"""Sessions that the company's identity provider proved."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("web_session") as table:
        table.add_column(
            sa.Column("by_company", sa.Boolean(), nullable=False, server_default=sa.false())
        )
