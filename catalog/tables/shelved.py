"""Papers on their shelves: what holds them, where that stands, customers' archives, who reads what."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from catalog.tables.columns import UtcTime, metadata

container = Table(
    "container",
    metadata,
    Column("number", String(32), primary_key=True),
    Column("kind", String(8), nullable=False, index=True),
    Column("branch", String(32), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

container_move = Table(
    "container_move",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", ForeignKey("container.number"), nullable=False, index=True),
    Column("into", ForeignKey("container.number")),
    Column("reason", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

customer_archive = Table(
    "customer_archive",
    metadata,
    Column("customer_no", String(64), primary_key=True),
    Column("branch", String(32), nullable=False, index=True),
    Column("bag", ForeignKey("container.number"), nullable=False, unique=True),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

archive_line = Table(
    "archive_line",
    metadata,
    Column("customer_no", ForeignKey("customer_archive.customer_no"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(12), nullable=False),
    Column("branch", String(32), nullable=False),
    Column("business_date", Date, nullable=False),
    Column("serial_no", String(32), index=True),
    Column("content", Text, nullable=False),
    Column("category", String(32), nullable=False),
    Column("pages", Integer, nullable=False),
    Column("binding", ForeignKey("container.number"), nullable=False, index=True),
    Column("of_line", Integer),
    Column("note", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    UniqueConstraint("business_date", "branch", "serial_no", "kind"),
)
"""Only ever added to (``catalog.append_only``)."""

paper_reading = Table(
    "paper_reading",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("request_no", ForeignKey("access_request.no"), nullable=False),
    Column("customer_no", String(64), nullable=False),
    Column("line", Integer, nullable=False),
    Column("branch", String(32), nullable=False, index=True),
    Column("reader", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("place", String(8), nullable=False),
    Column("due", UtcTime, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    ForeignKeyConstraint(
        ["customer_no", "line"], ["archive_line.customer_no", "archive_line.number"]
    ),
)

paper_return = Table(
    "paper_return",
    metadata,
    Column("reading_no", ForeignKey("paper_reading.no"), primary_key=True, autoincrement=False),
    Column("pages", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)
