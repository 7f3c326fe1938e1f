"""What was destroyed under which order; these rows are the tombstones and stay for ever (CG-20e)."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    String,
    Table,
    Text,
)

from catalog.tables.columns import UtcTime, metadata

destruction_order = Table(
    "destruction_order",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("branch", String(32), nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("sha256", String(64), nullable=False),
)

destruction_item = Table(
    "destruction_item",
    metadata,
    Column("order_no", ForeignKey("destruction_order.no"), primary_key=True),
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(8), nullable=False),
    Column("name", String(200), nullable=False, index=True),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("customer_no", String(64), nullable=False),
    Column("rule", String(32), nullable=False),
    Column("until", Date),
)

destruction_opinion = Table(
    "destruction_opinion",
    metadata,
    Column("order_no", ForeignKey("destruction_order.no"), primary_key=True),
    Column("role", String(16), primary_key=True),
    Column("agrees", Boolean, nullable=False),
    Column("text", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

destruction_decision = Table(
    "destruction_decision",
    metadata,
    Column("order_no", ForeignKey("destruction_order.no"), primary_key=True),
    Column("approved", Boolean, nullable=False),
    Column("minutes", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

destruction_attendance = Table(
    "destruction_attendance",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("order_no", ForeignKey("destruction_order.no"), nullable=False, index=True),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

destroyed_item = Table(
    "destroyed_item",
    metadata,
    Column("order_no", Integer, primary_key=True),
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("method", String(8), nullable=False),
    Column("person", Text, nullable=False),
    Column("supervisors", JSON, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("gone_at", UtcTime),
    Column("stayed_at", UtcTime),
    ForeignKeyConstraint(["order_no", "no"], ["destruction_item.order_no", "destruction_item.no"]),
)
"""Entered before anything is deleted; ``gone_at`` once it is not there, ``stayed_at`` when it was stopped."""

destruction_withdrawal = Table(
    "destruction_withdrawal",
    metadata,
    Column("order_no", Integer, primary_key=True),
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    ForeignKeyConstraint(["order_no", "no"], ["destruction_item.order_no", "destruction_item.no"]),
)

destruction_end = Table(
    "destruction_end",
    metadata,
    Column("order_no", ForeignKey("destruction_order.no"), primary_key=True),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("looked", JSON, nullable=False),
)
