"""Levels of secrecy and their access lists."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "secrecy_act",
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item_kind", sa.String(length=8), nullable=False),
        sa.Column("item_key", sa.String(length=64), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("level", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_secrecy_act")),
    )
    op.create_index(
        op.f("ix_secrecy_act_item_kind_item_key"), "secrecy_act", ["item_kind", "item_key"]
    )
    op.create_table(
        "secrecy_reader",
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("level", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=16)),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_secrecy_reader")),
    )
    op.create_table(
        "secrecy_reader_end",
        sa.Column("reader_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["reader_no"], ["secrecy_reader.no"], name=op.f("fk_secrecy_reader_end_reader_no")
        ),
        sa.PrimaryKeyConstraint("reader_no", name=op.f("pk_secrecy_reader_end")),
    )
