"""Carriers of cold volumes and what was done with them; the digest that names a volume's content."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("volume", sa.Column("manifest", sa.String(length=64), nullable=True))
    op.create_table(
        "carrier",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("capacity", sa.BigInteger(), nullable=True),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_carrier")),
    )
    op.create_table(
        "carrier_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("carrier", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("volume", sa.String(length=16), nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["carrier"], ["carrier.number"], name=op.f("fk_carrier_act_carrier_carrier")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_act")),
    )
    op.create_index(op.f("ix_carrier_act_carrier"), "carrier_act", ["carrier"])
