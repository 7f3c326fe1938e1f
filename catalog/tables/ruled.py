"""What people ruled about objects: legal holds on them, and from when on their dates are known.

Keys are those of ``stored_object``, without a reference to it: that table is a picture of the stores, and is
not yet made again when these rows are played from the bundles.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
)

from catalog.tables.columns import UtcTime, metadata

legal_hold = Table(
    "legal_hold",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

held_object = Table(
    "held_object",
    metadata,
    Column("hold_no", ForeignKey("legal_hold.no"), primary_key=True),
    Column("key", String(160), primary_key=True, index=True),
)

hold_lift = Table(
    "hold_lift",
    metadata,
    Column("hold_no", ForeignKey("legal_hold.no"), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

hold_at_store = Table(
    "hold_at_store",
    metadata,
    Column("key", String(160), primary_key=True),
    Column("place", String(8), primary_key=True),
    Column("held", Boolean, nullable=False),
    Column("at", UtcTime, nullable=False),
)
"""Whether a store was last seen to hold an object."""

closure_act = Table(
    "closure_act",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("customer_no", String(64), nullable=False, index=True),
    Column("closed_on", Date, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

customer_return = Table(
    "customer_return",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("customer_no", String(64), nullable=False, index=True),
    Column("returned_on", Date, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)
"""Customers who came back after their account was closed."""

closure_applied = Table(
    "closure_applied",
    metadata,
    Column("customer_no", String(64), primary_key=True),
    Column("closed_on", Date, nullable=False),
    Column("at", UtcTime, nullable=False),
)
"""Closures of which the customer's objects have their date."""

object_date = Table(
    "object_date",
    metadata,
    Column("key", String(160), primary_key=True),
    Column("rule", String(32), primary_key=True),
    Column("until", UtcTime, nullable=False),
    Column("at", UtcTime, nullable=False),
)
"""Until when a rule keeps an object; the latest of its rules holds."""

removal_order = Table(
    "removal_order",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("place", String(8), nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

removal_item = Table(
    "removal_item",
    metadata,
    Column("order_no", ForeignKey("removal_order.no"), primary_key=True),
    Column("key", String(160), primary_key=True, index=True),
    Column("byte_count", BigInteger, nullable=False),
)

removal_approval = Table(
    "removal_approval",
    metadata,
    Column("order_no", ForeignKey("removal_order.no"), primary_key=True),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

removed_copy = Table(
    "removed_copy",
    metadata,
    Column("order_no", ForeignKey("removal_order.no"), primary_key=True),
    Column("key", String(160), primary_key=True, index=True),
    Column("place", String(8), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("gone_at", UtcTime),
    Column("returned_at", UtcTime),
)
"""Copies that left on purpose: entered before they are deleted, ``gone_at`` once they are not there."""

retrieval = Table(
    "retrieval",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

retrieval_item = Table(
    "retrieval_item",
    metadata,
    Column("retrieval_no", ForeignKey("retrieval.no"), primary_key=True),
    Column("key", String(160), primary_key=True),
)

retrieval_end = Table(
    "retrieval_end",
    metadata,
    Column("retrieval_no", ForeignKey("retrieval.no"), primary_key=True),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("source", Text, nullable=False),
)
