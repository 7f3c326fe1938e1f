"""Cold volumes and what was done with them."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "volume",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("objects", sa.Integer(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_volume")),
    )
    op.create_table(
        "volume_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("volume", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volume_act")),
    )
    op.create_index(op.f("ix_volume_act_volume"), "volume_act", ["volume"])
