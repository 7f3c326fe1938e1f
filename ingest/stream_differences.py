"""What a re-import would change: the transactions held against those of the new file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from ingest.stream_cells import SHANGHAI
from ingest.stream_columns import WORDS
from pipeline.language import Message, say
from pipeline.model import Transaction

PERSONAL = {"customer_name", "id_no", "agent_name", "agent_id_no"}
"""Columns whose values no terminal shows (field policy, class ID)."""


_ENOUGH = 2
"""One amount that is a hundred times the other may be a slip; two are none."""


@dataclass(frozen=True)
class FieldChange:
    """One column of one transaction, before and after."""

    column: str
    old: Any
    new: Any


@dataclass(frozen=True)
class ChangedTransaction:
    """One transaction that both files have, with different values."""

    old: Transaction
    new: Transaction
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True)
class StreamDifferences:
    """What a re-import adds, removes and changes; false when it changes nothing."""

    added: tuple[Transaction, ...] = ()
    removed: tuple[Transaction, ...] = ()
    changed: tuple[ChangedTransaction, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    def describe(self, limit: int = 20) -> list[Message]:
        """Return a summary and at most ``limit`` differences, a sentence each; nothing when there is none."""
        if not self:
            return []
        summary = say(
            "The new stream file removes {removed}, changes {changed} and adds {added} transactions.",
            removed=len(self.removed),
            changed=len(self.changed),
            added=len(self.added),
        )
        lines = [
            *self._scaled(),
            *(say("{row} is no longer there.", row=_row(one)) for one in self.removed),
            *(_told(one.new, change) for one in self.changed for change in one.changes),
            *(say("{row} is new.", row=_row(one)) for one in self.added),
        ]
        more = len(lines) - limit
        told = [summary, *lines[:limit]]
        return [*told, say("And {count} more differences.", count=more)] if more > 0 else told

    def _scaled(self) -> list[Message]:
        """Tell when every changed amount is the same multiple: yuan taken for fen, or the reverse."""
        factors = {
            change.new / change.old if change.old else None
            for one in self.changed
            for change in one.changes
            if change.column == "amount" and change.new is not None
        }
        if len(self.changed) < _ENOUGH or factors not in ({Decimal(100)}, {Decimal("0.01")}):
            return []
        return [
            say(
                "Every changed amount is {factor} times the one booked; check the unit of the export.",
                factor=f"{factors.pop():f}",
            )
        ]


def differences(old: Sequence[Transaction], new: Sequence[Transaction]) -> StreamDifferences:
    """Compare two imports by business date, branch and serial; each is ordered by that key."""
    held = {_key(one): one for one in old}
    delivered = {_key(one): one for one in new}
    both = sorted(held.keys() & delivered.keys())
    return StreamDifferences(
        added=tuple(delivered[key] for key in sorted(delivered.keys() - held.keys())),
        removed=tuple(held[key] for key in sorted(held.keys() - delivered.keys())),
        changed=tuple(
            ChangedTransaction(held[key], delivered[key], _changes(held[key], delivered[key]))
            for key in both
            if held[key] != delivered[key]
        ),
    )


def _key(one: Transaction) -> tuple[str, str, str]:
    return one.business_date.isoformat(), one.handling_branch, one.serial_no


def _changes(old: Transaction, new: Transaction) -> tuple[FieldChange, ...]:
    pairs = ((f.name, getattr(old, f.name), getattr(new, f.name)) for f in fields(Transaction))
    return tuple(FieldChange(name, was, becomes) for name, was, becomes in pairs if was != becomes)


def _row(one: Transaction) -> Message:
    return say(
        "Transaction {serial} of branch {branch}", serial=one.serial_no, branch=one.handling_branch
    )


def _told(one: Transaction, change: FieldChange) -> Message:
    if change.column in PERSONAL:
        return say(
            "{row} changes in {column} (personal, not shown).",
            row=_row(one),
            column=WORDS[change.column],
        )
    return say(
        '{row} changes in {column} from "{old}" to "{new}".',
        row=_row(one),
        column=WORDS[change.column],
        old=_shown(change.old),
        new=_shown(change.new),
    )


def _shown(value: Any) -> Any:
    """A value as people compare it: times all in Shanghai."""
    if value is None:
        return ""
    return value.astimezone(SHANGHAI).isoformat(" ") if isinstance(value, datetime) else value
