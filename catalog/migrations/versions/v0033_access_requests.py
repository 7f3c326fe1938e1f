"""Access requests with their decisions, and who saw what."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "access_request",
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("applicant", sa.Text(), nullable=False),
        sa.Column("applicant_key", sa.Text(), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("customer", sa.String(length=64), nullable=True),
        sa.Column("pages", sa.JSON(), nullable=False),
        sa.Column("acts", sa.JSON(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_access_request")),
    )
    op.create_index(op.f("ix_access_request_applicant_key"), "access_request", ["applicant_key"])
    op.create_table(
        "access_request_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("person_key", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_no"],
            ["access_request.no"],
            name=op.f("fk_access_request_act_request_no_access_request"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_request_act")),
    )
    op.create_index(op.f("ix_access_request_act_request_no"), "access_request_act", ["request_no"])
    op.create_table(
        "viewing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("person_key", sa.Text(), nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("customer", sa.String(length=64), nullable=True),
        sa.Column("page", sa.String(length=64), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("request_no", sa.Integer(), nullable=True),
        sa.Column("session", sa.String(length=16), nullable=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_viewing")),
    )
    for column in ("customer", "page", "at"):
        op.create_index(op.f(f"ix_viewing_{column}"), "viewing", [column])
