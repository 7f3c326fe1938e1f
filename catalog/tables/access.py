"""Who logs in and who saw what: accounts, credentials, sessions, access requests, viewings."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    false,
)

from catalog.tables.columns import UtcTime, metadata

machine_token = Table(
    "machine_token",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("machine", Text, nullable=False),
    Column("person_key", Text, nullable=False),
    Column("acts", JSON, nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
)

account_act = Table(
    "account_act",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(8), nullable=False),
    Column("person", Text, nullable=False),
    Column("person_key", Text, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

credential = Table(
    "credential",
    metadata,
    Column("person_key", Text, primary_key=True),
    Column("password", Text, nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failing_since", UtcTime),
    Column("locked_until", UtcTime),
    Column("seed", Text),
    Column("seed_offered", Text),
    Column("last_step", BigInteger, nullable=False),
)

web_session = Table(
    "web_session",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("person_key", Text, nullable=False, index=True),
    Column("csrf", String(64), nullable=False),
    Column("address", Text, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("waiting", Boolean, nullable=False),
    Column("second_factor_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("question", String(64)),
    Column("by_company", Boolean, nullable=False, server_default=false()),
)

passkey = Table(
    "passkey",
    metadata,
    Column("id", Text, primary_key=True),
    Column("person_key", Text, nullable=False, index=True),
    Column("public_key", Text, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("used_at", UtcTime),
    Column("ended_at", UtcTime),
)

access_request = Table(
    "access_request",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("applicant", Text, nullable=False),
    Column("applicant_key", Text, nullable=False, index=True),
    Column("branch", String(32), nullable=False),
    Column("customer", String(64)),
    Column("pages", JSON, nullable=False),
    Column("acts", JSON, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("at", UtcTime, nullable=False),
)

access_request_act = Table(
    "access_request_act",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("request_no", ForeignKey("access_request.no"), nullable=False, index=True),
    Column("kind", String(8), nullable=False),
    Column("person", Text, nullable=False),
    Column("person_key", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

viewing = Table(
    "viewing",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("person", Text, nullable=False),
    Column("person_key", Text, nullable=False),
    Column("act", String(32), nullable=False),
    Column("branch", String(32), nullable=False),
    Column("customer", String(64), index=True),
    Column("page", String(64), index=True),
    Column("purpose", Text, nullable=False),
    Column("request_no", Integer),
    Column("session", String(16)),
    Column("at", UtcTime, nullable=False, index=True),
)
