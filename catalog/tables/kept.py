"""The objects that the archive keeps, each of their copies, and how the catalog itself becomes objects.

``stored_object`` and ``object_copy`` are a picture of what the stores hold, not a record: they can be made
again from listings and by reading the copies. Acts on copies are in ``copy_event``.
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

store_test = Table(
    "store_test",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("store", String(255), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("answers", JSON, nullable=False),
)
"""What a store was seen to do (``pipeline.self_test``), one row a self-test."""

catalog_change = Table(
    "catalog_change",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("table_name", String(32), nullable=False),
    Column("row_key", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""Rows that no bundle holds as they are now; filled by triggers (``catalog.outbox``), emptied by bundling."""

catalog_bundle = Table(
    "catalog_bundle",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("sha256", String(64), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("byte_count", Integer, nullable=False),
    Column("at", UtcTime, nullable=False),
)

catalog_id = Table(
    "catalog_id",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("at", UtcTime, nullable=False),
)
"""One row: which catalog this is among those that wrote bundles into the same stores (random)."""

drill = Table(
    "drill",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("record", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("public_key", Text, nullable=False),
)

volume = Table(
    "volume",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("objects", Integer, nullable=False),
    Column("byte_count", BigInteger, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("manifest", String(64)),
    Column("sealed", String(64)),
)

volume_act = Table(
    "volume_act",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("volume", String(16), nullable=False, index=True),
    Column("kind", String(8), nullable=False),
    Column("who", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("detail", Text, nullable=False),
)

carrier = Table(
    "carrier",
    metadata,
    Column("number", String(32), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("capacity", BigInteger),
    Column("quality", Text, nullable=False),
    Column("entered_at", UtcTime, nullable=False),
    Column("entered_by", Text, nullable=False),
)
"""Media that leave the machine; where they are and what is on them follows from their acts."""

carrier_act = Table(
    "carrier_act",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("carrier", ForeignKey("carrier.number"), nullable=False, index=True),
    Column("kind", String(10), nullable=False),
    Column("volume", String(16)),
    Column("who", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("detail", Text, nullable=False),
)

cold_key_act = Table(
    "cold_key_act",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("recipient", String(80), nullable=False, index=True),
    Column("holder", Text, nullable=False),
    Column("second_copy", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)
"""Who holds the private key that opens encrypted volumes: the last act of a public key counts."""
