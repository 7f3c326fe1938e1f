"""Paying what the replica is owed, as soon as it answers again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from catalog.debts import Debt
from flows.parts import Parts
from flows.spool import spooled
from pipeline.errors import StoreError, Unavailable
from pipeline.events import event
from pipeline.language import Message
from storage.store import Content
from storage.vault import Vault

STEPS = ("debt_found", "debt_paid")
"""The named steps of paying, for tests that kill there."""


@dataclass(frozen=True)
class Payment:
    """What became of the debts: paid, or left with what kept each from being paid."""

    paid: int
    left: int
    faults: tuple[Message, ...]


def pay_debts(
    parts: Parts, vault: Vault, at: Callable[[str], None] = lambda _step: None
) -> Payment:
    """Give the replica what it is owed, the oldest first, each proved; a debt that fails hides no other."""
    debts = parts.catalog.debts.all()
    paid, faults = 0, []
    if debts:
        vault.ask_replica_again()
    for debt in debts:
        at("debt_found")
        try:
            kept = vault.keep_object(debt.key, _content(parts, vault, debt), debt.sha256)
            if kept.replica is None:
                break  # it is still down
            paid += 1
        except Unavailable as error:
            faults.append(error.message)
            break
        except StoreError as error:
            faults.append(error.message)
        at("debt_paid")
    vault.flush()
    if debts:
        event("debts.paid", paid=paid, left=len(debts) - paid)
    return Payment(paid, len(debts) - paid, tuple(faults))


def _content(parts: Parts, vault: Vault, debt: Debt) -> Content:
    """The bytes owed: from the spool, which keeps a delivered file until it is paid, else from a store."""
    if (path := spooled(parts, debt.sha256)) is not None:
        return path
    return vault.read_object(debt.key, debt.sha256)
