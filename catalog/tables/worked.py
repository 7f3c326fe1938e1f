"""What people and closings did: keying, tasks, papers, hand-overs, days, proofs, and the log of it all."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from catalog.tables.columns import UtcTime, metadata

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
    Index(None, "business_date", "branch", "need", "medium", "state"),
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
    Column("seen", Integer),
    # What it left to people, once more beside the whole result, of which it is a fortieth: to get at it there
    # PostgreSQL reads 300 kB, 7 ms for each closing (decision 0033). None in closings of before.
    Column("discrepancies", JSON(none_as_null=True)),
    Column("late", JSON(none_as_null=True)),
    Index(None, "business_date", "branch", "at"),
)

discrepancy_act = Table(
    "discrepancy_act",
    metadata,
    Column("business_date", Date, primary_key=True),
    Column("branch", String(32), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("act", String(16), nullable=False),
    Column("person", Text, nullable=False),
    Column("person_key", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("proof_kind", String(16)),
    Column("proof", Text),
    Column("at", UtcTime, nullable=False),
)

recognised_day = Table(
    "recognised_day",
    metadata,
    Column("business_date", Date, primary_key=True),
    Column("branch", String(32), primary_key=True),
    Column("transactions", Integer, nullable=False),
    Column("automatic", Integer, nullable=False),
    Column("causes", JSON, nullable=False),
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

log = Table(
    "log",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("prev", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
)

log_checkpoint = Table(
    "log_checkpoint",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", Integer, nullable=False, index=True),
    Column("note", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)
