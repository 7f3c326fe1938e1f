"""Work that is shared out. No record of its own: it is made again from the pages that nobody has read."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Date, Index, Integer, String, Table, Text

from catalog.tables.columns import UtcTime, metadata

reading_chunk = Table(
    "reading_chunk",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("business_date", Date, nullable=False),
    Column("branch", String(32), nullable=False),
    Column("pages", JSON, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("worker", Text),
    Column("version", Text),
    Column("until", UtcTime),
    Column("late", Integer, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("done_at", UtcTime),
    Index(None, "done_at", "business_date", "branch"),
)
