"""Requests to bring objects back from carriers."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "retrieval",
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_retrieval")),
    )
    op.create_table(
        "retrieval_item",
        sa.Column("retrieval_no", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.ForeignKeyConstraint(
            ["retrieval_no"], ["retrieval.no"], name=op.f("fk_retrieval_item_retrieval_no")
        ),
        sa.PrimaryKeyConstraint("retrieval_no", "key", name=op.f("pk_retrieval_item")),
    )
    op.create_table(
        "retrieval_end",
        sa.Column("retrieval_no", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["retrieval_no"], ["retrieval.no"], name=op.f("fk_retrieval_end_retrieval_no")
        ),
        sa.PrimaryKeyConstraint("retrieval_no", name=op.f("pk_retrieval_end")),
    )
