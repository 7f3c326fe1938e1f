"""Checks of papers against book and image, and what is to be put right."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Integer, String, Table, Text

from catalog.tables.columns import UtcTime, metadata

custody_check = Table(
    "custody_check",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("branch", String(32), nullable=False, index=True),
    Column("kind", String(8), nullable=False),
    Column("expected", JSON, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

custody_count = Table(
    "custody_count",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("check_no", ForeignKey("custody_check.no"), nullable=False, index=True),
    Column("entry", String(96), nullable=False),
    Column("pages", Integer, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

custody_result = Table(
    "custody_result",
    metadata,
    Column("check_no", ForeignKey("custody_check.no"), primary_key=True),
    Column("passed", Boolean, nullable=False),
    Column("result", JSON, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

rectification = Table(
    "rectification",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("check_no", ForeignKey("custody_check.no"), nullable=False, index=True),
    Column("branch", String(32), nullable=False, index=True),
    Column("entry", String(96), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("owner", Text, nullable=False),
    Column("due", UtcTime, nullable=False),
)

rectification_step = Table(
    "rectification_step",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("no", ForeignKey("rectification.no"), nullable=False, index=True),
    Column("step", String(10), nullable=False),
    Column("evidence", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)
