"""What other systems delivered and headquarters set: streams, customers, branches, people, calendars."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Date, ForeignKey, Integer, String, Table, Text

from catalog.tables.columns import Fen, UtcTime, metadata

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
    Column("serial_no", String(32), primary_key=True, index=True),
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
    Column("teller_no", String(32)),
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

calendar_notice = Table(
    "calendar_notice",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("no", Integer, nullable=False, unique=True),
    Column("content", JSON, nullable=False),
    Column("imported_by", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)
