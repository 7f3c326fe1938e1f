"""Papers on their shelves: what holds them and where that stands, and the archives of customers."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
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
