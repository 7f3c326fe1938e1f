"""What went up to headquarters month by month."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Integer,
    String,
    Table,
    Text,
)

from catalog.tables.columns import UtcTime, metadata

_PACKAGE = ("branch", "month", "no")


def _of_package() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(_PACKAGE, [f"monthly_package.{name}" for name in _PACKAGE])


monthly_package = Table(
    "monthly_package",
    metadata,
    Column("branch", String(32), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("index_sha256", String(64), nullable=False),
    Column("pages", Integer, nullable=False),
    Column("byte_count", BigInteger, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

monthly_page = Table(
    "monthly_page",
    metadata,
    Column("branch", String(32), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("no", Integer, nullable=False),
    _of_package(),
)
"""In which package of its month a page went up: one, or it would be counted twice."""

monthly_act = Table(
    "monthly_act",
    metadata,
    Column("branch", String(32), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("act_no", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("person", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    _of_package(),
)
