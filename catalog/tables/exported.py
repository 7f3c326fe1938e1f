"""Packages that leave the system, and what was done to each."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Integer, String, Table, Text

from catalog.tables.columns import UtcTime, metadata

export = Table(
    "export",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("applicant", Text, nullable=False),
    Column("branch", String(32), nullable=False, index=True),
    Column("what", String(12), nullable=False),
    Column("names", JSON, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("package_by", String(12), nullable=False),
    Column("key_by", String(12), nullable=False),
    Column("age_key", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

export_act = Table(
    "export_act",
    metadata,
    Column("export_no", ForeignKey("export.no"), primary_key=True, autoincrement=False),
    Column("kind", String(12), primary_key=True),
    Column("person", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("at", UtcTime, nullable=False),
)
"""Each kind of act once: of two at once the database takes one."""
