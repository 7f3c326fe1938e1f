"""Encrypted cold volumes: the digest that names one, and who holds the keys that open them."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("volume", sa.Column("sealed", sa.String(length=64), nullable=True))
    op.create_table(
        "cold_key_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.String(length=80), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("second_copy", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cold_key_act")),
    )
    op.create_index(op.f("ix_cold_key_act_recipient"), "cold_key_act", ["recipient"])
