"""The objects that the archive keeps, and each of their copies.

A picture of what the stores hold, not a record: all of it can be made again from their listings and by
reading the copies. Acts on copies are in ``copy_event``.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from catalog.tables.columns import UtcTime, metadata

stored_object = Table(
    "stored_object",
    metadata,
    Column("key", String(160), primary_key=True),
    Column("sha256", String(64), nullable=False, index=True),
    Column("byte_count", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("stored_at", UtcTime, nullable=False),
)

object_copy = Table(
    "object_copy",
    metadata,
    Column("key", ForeignKey("stored_object.key"), primary_key=True),
    Column("place", String(8), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("version_id", Text),
    Column("locked_until", UtcTime),
    Column("verified_at", UtcTime),
    Column("since", UtcTime, nullable=False),
    Index(None, "place", "state", "verified_at"),
)

copy_event = Table(
    "copy_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(160), nullable=False, index=True),
    Column("place", String(8), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("what", String(12), nullable=False),
    Column("detail", JSON, nullable=False),
)

verification = Table(
    "verification",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("scope", String(16), nullable=False),
    Column("depth", String(8), nullable=False),
    Column("objects", Integer, nullable=False),
    Column("copies", Integer, nullable=False),
    Column("byte_count", BigInteger, nullable=False),
    Column("bad", Integer, nullable=False),
    Column("healed", Integer, nullable=False),
    Column("lost", Integer, nullable=False),
    Column("unknown", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("nonce", String(64)),
    Column("proof", String(64)),
)
