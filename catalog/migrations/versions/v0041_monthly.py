"""Packages that go up to headquarters month by month."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

_PACKAGE = ["branch", "month", "no"]


def _name() -> list[sa.Column[str]]:
    return [
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
    ]


def _of_package(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        _PACKAGE,
        [f"monthly_package.{name}" for name in _PACKAGE],
        name=op.f(f"fk_{table}_branch_month_no"),
    )


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "monthly_package",
        *_name(),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("index_sha256", sa.String(length=64), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint(*_PACKAGE, name=op.f("pk_monthly_package")),
    )
    op.create_table(
        "monthly_page",
        *_name(),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        _of_package("monthly_page"),
        sa.PrimaryKeyConstraint("branch", "month", "sha256", name=op.f("pk_monthly_page")),
    )
    op.create_table(
        "monthly_act",
        *_name(),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("act_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        _of_package("monthly_act"),
        sa.PrimaryKeyConstraint(*_PACKAGE, "act_no", name=op.f("pk_monthly_act")),
    )
