"""Hand-overs of papers to the archivist, item by item."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "handover",
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("handler", sa.String(length=32), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("person_key", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_handover")),
    )
    op.create_index(
        op.f("ix_handover_business_date_branch"), "handover", ["business_date", "branch"]
    )
    op.create_table(
        "handover_item",
        sa.Column("handover_no", sa.Integer(), nullable=False),
        sa.Column("serial_no", sa.String(length=32), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("imaged", sa.Integer(), nullable=False),
        sa.Column("papers", sa.Integer(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["handover_no"], ["handover.no"], name=op.f("fk_handover_item_handover_no_handover")
        ),
        sa.PrimaryKeyConstraint("handover_no", "serial_no", name=op.f("pk_handover_item")),
    )
    op.create_table(
        "handover_act",
        sa.Column("handover_no", sa.Integer(), nullable=False),
        sa.Column("serial_no", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("person_key", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["handover_no"], ["handover.no"], name=op.f("fk_handover_act_handover_no_handover")
        ),
        sa.PrimaryKeyConstraint("handover_no", "serial_no", name=op.f("pk_handover_act")),
    )
