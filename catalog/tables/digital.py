"""Born-digital packages: what the online systems made, and films of witnessed business."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from catalog.tables.columns import UtcTime, metadata

digital_package = Table(
    "digital_package",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("number", String(64), nullable=False, index=True),
    Column("origin", String(16), nullable=False),
    Column("branch", String(32), nullable=False),
    Column("business_date", Date, nullable=False),
    Column("serial_no", String(32), nullable=False, index=True),
    Column("customer_no", String(64), nullable=False, index=True),
    Column("made_at", UtcTime, nullable=False),
    Column("note_key", String(160), nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index(None, "business_date", "branch"),
)

digital_file = Table(
    "digital_file",
    metadata,
    Column("package_id", ForeignKey("digital_package.id"), primary_key=True),
    Column("file_no", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("document_type", String(32), nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("byte_count", BigInteger, nullable=False),
    Column("format", String(16), nullable=False),
    Column("captured_at", UtcTime),
)

digital_place = Table(
    "digital_place",
    metadata,
    Column("package_id", String(64), primary_key=True),
    Column("file_no", Integer, primary_key=True, autoincrement=False),
    Column("act_no", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(8), nullable=False),
    Column("place", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    ForeignKeyConstraint(
        ["package_id", "file_no"], ["digital_file.package_id", "digital_file.file_no"]
    ),
)
