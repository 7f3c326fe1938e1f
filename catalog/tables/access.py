"""Who logs in: accounts, their credentials, and the sessions of the web."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table, Text

from catalog.tables.columns import UtcTime, metadata

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
)
