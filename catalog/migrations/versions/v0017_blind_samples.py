"""The blind samples of automatic matches: items drawn, and what people chose."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "sample",
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("drawn_by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_sample")),
    )
    op.create_index(op.f("ix_sample_month"), "sample", ["month"])
    op.create_table(
        "sample_item",
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sample_no", sa.Integer(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("serial_no", sa.String(length=32), nullable=False),
        sa.Column("pages", sa.JSON(), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("candidates", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sample_no"], ["sample.no"], name=op.f("fk_sample_item_sample_no")
        ),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_sample_item")),
        sa.UniqueConstraint(
            "business_date",
            "branch",
            "serial_no",
            name=op.f("uq_sample_item_business_date_branch_serial_no"),
        ),
    )
    op.create_index(op.f("ix_sample_item_sample_no"), "sample_item", ["sample_no"])
    op.create_table(
        "sample_answer",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item_no", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("person_key", sa.Text(), nullable=False),
        sa.Column("choice", sa.String(length=32), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_no"], ["sample_item.no"], name=op.f("fk_sample_answer_item_no")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample_answer")),
    )
    op.create_index(op.f("ix_sample_answer_item_no"), "sample_answer", ["item_no"])
