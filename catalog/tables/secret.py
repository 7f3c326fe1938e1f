"""Levels of secrecy that people decided on, and the access lists of the levels."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, String, Table, Text

from catalog.tables.columns import UtcTime, metadata

secrecy_act = Table(
    "secrecy_act",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("item_kind", String(8), nullable=False),
    Column("item_key", String(64), nullable=False),
    Column("branch", String(32), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("level", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index(None, "item_kind", "item_key"),
)
"""Only ever added to (``catalog.append_only``), as are the others."""

secrecy_reader = Table(
    "secrecy_reader",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("level", String(32), nullable=False),
    Column("role", String(16)),
    Column("person", Text, nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

secrecy_reader_end = Table(
    "secrecy_reader_end",
    metadata,
    Column("reader_no", ForeignKey("secrecy_reader.no"), primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)
