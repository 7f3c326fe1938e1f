"""Papers given to readers, and their return."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "paper_reading",
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("request_no", sa.Integer(), nullable=False),
        sa.Column("customer_no", sa.String(length=64), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("place", sa.String(length=8), nullable=False),
        sa.Column("due", sa.DateTime(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_no"], ["access_request.no"], name=op.f("fk_paper_reading_request_no")
        ),
        sa.ForeignKeyConstraint(
            ["customer_no", "line"],
            ["archive_line.customer_no", "archive_line.number"],
            name=op.f("fk_paper_reading_customer_no"),
        ),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_paper_reading")),
    )
    op.create_index(op.f("ix_paper_reading_branch"), "paper_reading", ["branch"])
    op.create_table(
        "paper_return",
        sa.Column("reading_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reading_no"], ["paper_reading.no"], name=op.f("fk_paper_return_reading_no")
        ),
        sa.PrimaryKeyConstraint("reading_no", name=op.f("pk_paper_return")),
    )
