"""Papers that go from branch to branch."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Date, ForeignKey, Integer, String, Table, Text

from catalog.tables.columns import UtcTime, metadata

transfer = Table(
    "transfer",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("giver", String(32), nullable=False, index=True),
    Column("taker", String(32), nullable=False, index=True),
    Column("why", String(12), nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

transfer_paper = Table(
    "transfer_paper",
    metadata,
    Column("transfer_no", ForeignKey("transfer.no"), primary_key=True),
    Column("customer_no", String(64), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("business_date", Date, nullable=False),
    Column("content", Text, nullable=False),
    Column("serial_no", String(32)),
    Column("pages", Integer, nullable=False),
    Column("owner", String(32), nullable=False),
    Column("custody", String(32), nullable=False),
)
"""As the list had it when it was made."""

transfer_act = Table(
    "transfer_act",
    metadata,
    Column("transfer_no", ForeignKey("transfer.no"), primary_key=True),
    Column("act_no", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(12), nullable=False),
    Column("papers", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

transfer_archive = Table(
    "transfer_archive",
    metadata,
    Column("transfer_no", ForeignKey("transfer.no"), primary_key=True),
    Column("customer_no", String(64), primary_key=True),
    Column("bag", ForeignKey("container.number"), nullable=False),
)
"""Archives that go with the papers where branches merge or split, those without a paper too."""

container_branch = Table(
    "container_branch",
    metadata,
    Column("number", ForeignKey("container.number"), primary_key=True),
    Column("transfer_no", ForeignKey("transfer.no"), primary_key=True),
    Column("branch", String(32), nullable=False, index=True),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)
"""Whose a bag, box or room is since a transfer was signed by both; before: as it was entered."""

succession = Table(
    "succession",
    metadata,
    Column("giver", String(32), primary_key=True),
    Column("taker", String(32), nullable=False),
    Column("first_day", Date, nullable=False),
    Column("transfer_no", ForeignKey("transfer.no"), nullable=False),
    Column("person", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)
"""Branches that were merged into another; a number that was merged is never given again."""
