"""The paper register: papers on receipt, and why papers have no image."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "paper_act",
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("papers", sa.Integer(), nullable=False),
        sa.Column("serial_no", sa.String(length=32), nullable=True),
        sa.Column("batch", sa.Text(), nullable=True),
        sa.Column("handler", sa.String(length=32), nullable=True),
        sa.Column("serials", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("person_key", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_paper_act")),
    )
    op.create_index(
        op.f("ix_paper_act_business_date_branch"), "paper_act", ["business_date", "branch"]
    )
