"""Checks of papers against book and image, and rectification tasks."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def _by() -> tuple[sa.Column[str], sa.Column[datetime]]:
    return (
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
    )


def _of(table: str, column: str = "check_no", to: str = "custody_check") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.no"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "custody_check",
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("expected", sa.JSON(), nullable=False),
        *_by(),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_custody_check")),
    )
    op.create_index(op.f("ix_custody_check_branch"), "custody_check", ["branch"])
    op.create_table(
        "custody_count",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("check_no", sa.Integer(), nullable=False),
        sa.Column("entry", sa.String(length=96), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        *_by(),
        _of("custody_count"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_count")),
    )
    op.create_index(op.f("ix_custody_count_check_no"), "custody_count", ["check_no"])
    op.create_table(
        "custody_result",
        sa.Column("check_no", sa.Integer(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        *_by(),
        _of("custody_result"),
        sa.PrimaryKeyConstraint("check_no", name=op.f("pk_custody_result")),
    )
    op.create_table(
        "rectification",
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("check_no", sa.Integer(), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("entry", sa.String(length=96), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("due", sa.DateTime(), nullable=False),
        _of("rectification"),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_rectification")),
    )
    op.create_index(op.f("ix_rectification_check_no"), "rectification", ["check_no"])
    op.create_index(op.f("ix_rectification_branch"), "rectification", ["branch"])
    op.create_table(
        "rectification_step",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=10), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        *_by(),
        _of("rectification_step", "no", "rectification"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rectification_step")),
    )
    op.create_index(op.f("ix_rectification_step_no"), "rectification_step", ["no"])
