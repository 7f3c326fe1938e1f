"""Pages as they came, what was found and read on them, and the forms they are known by."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from catalog.tables.columns import UtcTime, metadata

batch = Table(
    "batch",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("branch", String(32), nullable=False),
    Column("business_date", Date, nullable=False),
    Column("station", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Index(None, "business_date", "branch"),
)

page = Table(
    "page",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("suffix", String(8), nullable=False),
    Column("byte_count", Integer, nullable=False),
    Column("container_sha256", String(64)),
    Column("page_no", Integer, nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("perceptual_hash", String(32), nullable=False, index=True),
    Column("stored_at", UtcTime, nullable=False),
    Column("copies", JSON, nullable=False),
    Column("cold_at", UtcTime),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("batch_id", ForeignKey("batch.id"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("page_no", Integer, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("quarantined_as", Text),
    Column("rules_id", String(64)),
    Column("judged_id", String(64)),
    Column("sheet", String(64)),
    UniqueConstraint("batch_id", "sequence"),
    Index(None, "batch_id", "state"),
)

station_report = Table(
    "station_report",
    metadata,
    Column("branch", String(32), primary_key=True),
    Column("station", String(80), primary_key=True),
    Column("agent", String(64), nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("files", Integer, nullable=False),
    Column("byte_count", BigInteger, nullable=False),
    Column("oldest_at", UtcTime),
    Column("refused", Integer, nullable=False),
    Column("skew_seconds", Float, nullable=False),
    Column("version", Text, nullable=False),
)

scan_rules = Table(
    "scan_rules",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("source", Text, nullable=False),
    Column("document_type", String(32)),
    Column("rules", JSON, nullable=False),
    Column("first_used_at", UtcTime, nullable=False),
)

finding = Table(
    "finding",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("delivery_id", ForeignKey("delivery.id"), nullable=False, index=True),
    Column("check", String(8), nullable=False),
    Column("severity", String(8), nullable=False),
    Column("measured", Text, nullable=False),
    Column("limit", Text, nullable=False),
    Column("message", JSON, nullable=False),
    Column("after_reading", Boolean, nullable=False, server_default=false()),
)

reading = Table(
    "reading",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("engine", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("content", JSON, nullable=False),
    Column("cpu_seconds", Float, nullable=False),
    Column("wall_seconds", Float, nullable=False),
)

second_reading = Table(
    "second_reading",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("field", String(32), primary_key=True),
    Column("content", JSON),
)

page_text = Table(
    "page_text",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("text_sha256", String(64), nullable=False),
    Column("byte_count", Integer, nullable=False),
    Column("engine", Text, nullable=False),
    Column("copies", JSON, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("indexed", Boolean),
)

text_index = Table(
    "text_index",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("text", Text, nullable=False),
)

known_form = Table(
    "known_form",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("pages", JSON, nullable=False),
    Column("values", Integer, nullable=False),
    Column("form", Text),
    Column("at", UtcTime, nullable=False),
)
