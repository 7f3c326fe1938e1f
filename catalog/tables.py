"""The catalog's tables. Rows never leave this package: its classes give and take the archive's types."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)


class UtcTime(TypeDecorator[datetime]):
    """A moment: aware in Python, UTC without a zone in the database."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Turn an aware moment into UTC."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Give the moment its zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


class Fen(TypeDecorator[Decimal]):
    """An amount: a decimal with two places in Python, hundredths as an integer in the database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Any) -> int | None:
        """Turn yuan into fen; an amount finer than a fen is a fault of the importer."""
        if value is None:
            return None
        fen = value.scaleb(2)
        if fen != fen.to_integral_value():
            raise ValueError(f"{value} is finer than a fen")
        return int(fen)

    def process_result_value(self, value: int | None, dialect: Any) -> Decimal | None:
        """Turn fen into yuan."""
        return None if value is None else Decimal(value).scaleb(-2)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

stream_file = Table(
    "stream_file",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("business_date", Date, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("encoding", String(16), nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("imported_at", UtcTime, nullable=False),
    Column("totals", JSON, nullable=False),
)

booked = Table(
    "booked_transaction",
    metadata,
    Column("business_date", Date, primary_key=True),
    Column("handling_branch", String(32), primary_key=True),
    Column("serial_no", String(32), primary_key=True),
    Column("stream_file_id", ForeignKey("stream_file.id"), nullable=False),
    Column("occur_at", Text, nullable=False),
    Column("owner_branch", String(32), nullable=False),
    Column("customer_no", String(64), nullable=False, index=True),
    Column("customer_name", Text, nullable=False),
    Column("id_type", Text, nullable=False),
    Column("id_no", Text, nullable=False),
    Column("business_code", String(32), nullable=False),
    Column("business_name", Text, nullable=False),
    Column("channel", String(32), nullable=False),
    Column("teller_no", String(32), nullable=False),
    Column("fund_account", String(64)),
    Column("sec_account", String(64)),
    Column("amount", Fen),
    Column("currency", String(8)),
    Column("quantity", Text),
    Column("instrument", Text),
    Column("reviewer_no", String(32)),
    Column("review_flag", String(32)),
    Column("review_at", Text),
    Column("reverse_of", Text),
    Column("voucher_count", Integer),
    Column("agent_name", Text),
    Column("agent_id_no", Text),
    Column("station", Text),
    Column("remark", Text),
)

stream_change = Table(
    "stream_change",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("stream_file_id", ForeignKey("stream_file.id"), nullable=False),
    Column("business_date", Date, nullable=False),
    Column("handling_branch", String(32), nullable=False),
    Column("serial_no", String(32), nullable=False),
    Column("before", JSON),
    Column("after", JSON),
)

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

keying_task = Table(
    "keying_task",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("sha256", String(64), nullable=False),
    Column("field", String(32), nullable=False),
    Column("cause", String(32), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    UniqueConstraint("sha256", "field"),
)

keying_act = Table(
    "keying_act",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("task_no", ForeignKey("keying_task.no"), nullable=False, index=True),
    Column("person", Text, nullable=False),
    Column("person_key", Text, nullable=False, index=True),
    Column("kind", String(8), nullable=False),
    Column("content", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
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

capture_task = Table(
    "capture_task",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("business_date", Date, nullable=False),
    Column("branch", String(32), nullable=False),
    Column("serial_no", String(32), nullable=False, index=True),
    Column("document_type", String(32), nullable=False),
    Column("need", String(16), nullable=False),
    Column("medium", String(16), nullable=False),
    Column("fresh", Boolean, nullable=False),
    Column("profile_version", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("shared_from", String(64), index=True),
    Index(None, "business_date", "branch"),
)

task_act = Table(
    "task_act",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("task_id", ForeignKey("capture_task.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("person", Text, nullable=False),
    Column("person_key", Text, nullable=False),
    Column("content", JSON, nullable=False),
    Column("at", UtcTime, nullable=False),
)

profile_version = Table(
    "profile_version",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sha256", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("since", Date, nullable=False, index=True),
    Column("published_by", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

row_confirmation = Table(
    "row_confirmation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("business_date", Date, nullable=False),
    Column("branch", String(32), nullable=False),
    Column("serial_no", String(32), nullable=False),
    Column("row", String(64), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("person", Text, nullable=False),
    Column("person_key", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index(None, "business_date", "branch"),
)

day_close = Table(
    "day_close",
    metadata,
    Column("business_date", Date, primary_key=True),
    Column("branch", String(32), primary_key=True),
    Column("closed", Boolean, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("result", JSON, nullable=False),
    Column("decision_key", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
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

staff = Table(
    "staff",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(8), nullable=False),
    Column("person", Text, nullable=False),
    Column("person_key", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("branch", String(32)),
    Column("appointed_by", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

calendar_notice = Table(
    "calendar_notice",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("no", Integer, nullable=False, unique=True),
    Column("content", JSON, nullable=False),
    Column("imported_by", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

canary_run = Table(
    "canary_run",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("business_date", Date, nullable=False),
    Column("green", Boolean, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("outcomes", JSON, nullable=False),
    Column("left_out", JSON, nullable=False),
    Column("fault", JSON),
    Column("at", UtcTime, nullable=False),
)

paper_act = Table(
    "paper_act",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("business_date", Date, nullable=False),
    Column("branch", String(32), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("papers", Integer, nullable=False),
    Column("serial_no", String(32)),
    Column("batch", Text),
    Column("handler", String(32)),
    Column("serials", JSON, nullable=False),
    Column("reason", String(32)),
    Column("note", Text, nullable=False),
    Column("undoes", Integer),
    Column("person", Text, nullable=False),
    Column("person_key", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index(None, "business_date", "branch"),
)

handover = Table(
    "handover",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("business_date", Date, nullable=False),
    Column("branch", String(32), nullable=False),
    Column("handler", String(32), nullable=False),
    Column("person", Text, nullable=False),
    Column("person_key", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index(None, "business_date", "branch"),
)

handover_item = Table(
    "handover_item",
    metadata,
    Column("handover_no", ForeignKey("handover.no"), primary_key=True),
    Column("serial_no", String(32), primary_key=True),
    Column("expected", Integer, nullable=False),
    Column("imaged", Integer, nullable=False),
    Column("papers", Integer, nullable=False),
    Column("explanation", Text, nullable=False),
)

handover_act = Table(
    "handover_act",
    metadata,
    Column("handover_no", ForeignKey("handover.no"), primary_key=True),
    Column("serial_no", String(32), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("person_key", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

branch_act = Table(
    "branch_act",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(8), nullable=False),
    Column("code", String(32), nullable=False),
    Column("name", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

sample = Table(
    "sample",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("month", Date, nullable=False, index=True),
    Column("seed", BigInteger, nullable=False),
    Column("population", Integer, nullable=False),
    Column("drawn_by", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

sample_item = Table(
    "sample_item",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("sample_no", ForeignKey("sample.no"), nullable=False, index=True),
    Column("business_date", Date, nullable=False),
    Column("branch", String(32), nullable=False),
    Column("serial_no", String(32), nullable=False),
    Column("pages", JSON, nullable=False),
    Column("names", JSON, nullable=False),
    Column("candidates", JSON, nullable=False),
    UniqueConstraint("business_date", "branch", "serial_no"),
)

sample_answer = Table(
    "sample_answer",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("item_no", ForeignKey("sample_item.no"), nullable=False, index=True),
    Column("person", Text, nullable=False),
    Column("person_key", Text, nullable=False),
    Column("choice", String(32)),
    Column("at", UtcTime, nullable=False),
)

customer = Table(
    "customer",
    metadata,
    Column("number", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("id_type", Text, nullable=False),
    Column("id_no", Text, nullable=False),
    Column("owner_branch", String(32), nullable=False),
    Column("opened_on", Date),
    Column("closed_on", Date),
    Column("id_valid_until", Date),
)

customer_change = Table(
    "customer_change",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", String(64), nullable=False, index=True),
    Column("before", JSON),
    Column("after", JSON, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

log = Table(
    "log",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("prev", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
)
