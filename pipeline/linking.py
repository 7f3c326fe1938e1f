"""Bank slips linked to the rows of a ledger, one to one, each link with its evidence field by field.

The evidence is weighed and assigned as in ``evidence`` and ``assignment``. A link says where a slip
belongs; where slip and row differ, or two rows fit alike, a person decides. Pure and deterministic.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from pipeline.assignment import MatchRules, assigned
from pipeline.evidence import (
    AGREES,
    DIFFERS,
    NEAR,
    NOT_READ,
    plain,
    verdict,
    weights_of,
)
from pipeline.slips import Slip, SlipField


@dataclass(frozen=True)
class LedgerRow:
    """One booked payment; the account holder's own ledger or a bank's statement."""

    txn_id: str
    date: date
    amount: Decimal
    bank_ref: str = ""
    payer: str = ""
    payer_account: str = ""
    payee: str = ""
    payee_account: str = ""

    def expected(self) -> dict[SlipField, str]:
        """Return what a slip of this payment should say, in the plain form of readings."""
        return {
            SlipField.NUMBER: self.bank_ref,
            SlipField.DATE: self.date.isoformat(),
            SlipField.AMOUNT: f"{self.amount:.2f}",
            SlipField.PAYER: self.payer,
            SlipField.PAYER_ACCOUNT: self.payer_account,
            SlipField.PAYEE: self.payee,
            SlipField.PAYEE_ACCOUNT: self.payee_account,
        }


@dataclass(frozen=True)
class NamedSlip:
    """A slip and the page it was read on."""

    page: str
    slip: Slip


@dataclass(frozen=True)
class SlipEvidence:
    """How one field of a slip agrees with a row."""

    field: SlipField
    read: str | None
    expected: str
    verdict: str
    weight: float
    """Bits, as in ``balance.FieldEvidence``."""


@dataclass(frozen=True)
class Link:
    """A slip and the row it belongs to."""

    page: str
    txn_id: str
    score: float
    evidence: tuple[SlipEvidence, ...]


class Why(StrEnum):
    """Why a slip was not linked."""

    NO_ROW = "no_row"
    TWO_ROWS = "two_rows"
    DIFFERS = "differs"
    TOO_LITTLE = "too_little"


@dataclass(frozen=True)
class Unlinked:
    """A slip for a person to decide on, and the row that comes nearest."""

    page: str
    why: Why
    nearest: Link | None


@dataclass(frozen=True)
class Linking:
    """Every slip that came in stands in exactly one place."""

    links: tuple[Link, ...]
    copies: tuple[tuple[str, str], ...]
    """(page of a slip that was scanned again, page of the scan that was linked or listed)."""
    unlinked: tuple[Unlinked, ...]
    rows_left: tuple[LedgerRow, ...]


LINK_RULES = MatchRules(least_score=16.0, least_margin=6.0)
"""Amount, date and both accounts come to 22 bits; amount, date and one name stay below 16."""

_WEIGHTS = {
    SlipField.NUMBER: weights_of(1e-6),
    SlipField.DATE: weights_of(0.05),
    SlipField.AMOUNT: weights_of(2e-3),
    SlipField.PAYER: weights_of(0.4),
    SlipField.PAYER_ACCOUNT: weights_of(0.05),
    SlipField.PAYEE: weights_of(0.4),
    SlipField.PAYEE_ACCOUNT: weights_of(0.05),
}
"""Few parties pay and are paid again and again, and a name tells little that its account did not."""
_KEYS = (SlipField.NUMBER, SlipField.AMOUNT, SlipField.PAYER_ACCOUNT, SlipField.PAYEE_ACCOUNT)
_ACCOUNTS = (SlipField.PAYER_ACCOUNT, SlipField.PAYEE_ACCOUNT)
_NAME_OF = {SlipField.PAYER_ACCOUNT: SlipField.PAYER, SlipField.PAYEE_ACCOUNT: SlipField.PAYEE}
_PAPER = (SlipField.NUMBER, SlipField.AMOUNT)
"""Two scans that agree in these are of one slip."""


def link_slips(
    slips: Sequence[NamedSlip], ledger: Sequence[LedgerRow], rules: MatchRules = LINK_RULES
) -> Linking:
    """Link each slip to its row, or say why it was not linked."""
    once, copies = _copies_aside(slips)
    candidates = _candidates(once, ledger)
    scores = {place: link.score for place, link in candidates.items()}
    pairs = {column: row for row, column in assigned(scores, rules)}
    links, unlinked = [], []
    for column, slip in enumerate(once):
        best = [link for (_, other), link in candidates.items() if other == column]
        nearest = max(best, key=lambda link: link.score, default=None)
        chosen = candidates[pairs[column], column] if column in pairs else None
        if chosen and _proven(chosen):
            links.append(chosen)
        else:
            unlinked.append(Unlinked(slip.page, _why(slip, chosen, nearest, rules), nearest))
    taken = {link.txn_id for link in links}
    left = tuple(row for row in ledger if row.txn_id not in taken)
    return Linking(tuple(links), copies, tuple(unlinked), left)


def _copies_aside(
    slips: Sequence[NamedSlip],
) -> tuple[list[NamedSlip], tuple[tuple[str, str], ...]]:
    """Part the slips from further scans of the same; of several scans the one most surely read counts."""
    scans: dict[tuple[str, ...], list[NamedSlip]] = defaultdict(list)
    for one in slips:
        key = tuple(one.slip.text(name) or "" for name in _PAPER)
        scans[key if all(key) else (one.page,)].append(one)
    once, copies = [], []
    for same in scans.values():
        best = max(same, key=lambda one: (len(one.slip.fields), _sureness(one.slip)))
        once.append(best)
        copies += [(one.page, best.page) for one in same if one is not best]
    return once, tuple(copies)


def _sureness(slip: Slip) -> float:
    return sum(value.confidence for value in slip.fields.values())


def _candidates(
    slips: Sequence[NamedSlip], ledger: Sequence[LedgerRow]
) -> dict[tuple[int, int], Link]:
    """Compare the slips with the rows that share a key with them, none whose numbers disagree."""
    by_key: dict[tuple[SlipField, str], list[int]] = defaultdict(list)
    for row, booked in enumerate(ledger):
        for name in _KEYS:
            if value := booked.expected()[name]:
                by_key[name, plain(value)].append(row)
    found = {}
    for column, one in enumerate(slips):
        keys = ((name, plain(one.slip.text(name) or "")) for name in _KEYS)
        for row in sorted({row for key in keys for row in by_key.get(key, ())}):
            link = _compared(one, ledger[row])
            if _outcome(link)(SlipField.NUMBER) != DIFFERS:
                found[row, column] = link
    return found


def _compared(one: NamedSlip, row: LedgerRow) -> Link:
    evidence = tuple(_evidence(one.slip, row))
    return Link(one.page, row.txn_id, round(sum(part.weight for part in evidence), 2), evidence)


def _evidence(slip: Slip, row: LedgerRow) -> Iterator[SlipEvidence]:
    for name, expected in row.expected().items():
        read = slip.text(name)
        outcome = verdict(read, expected)
        yield SlipEvidence(name, read, expected, outcome, _WEIGHTS[name].bits(outcome))


def _outcome(link: Link) -> Callable[[SlipField], str]:
    return {part.field: part.verdict for part in link.evidence}.__getitem__


def _proven(link: Link) -> bool:
    """Tell whether a person need not look: by its number, or by all else where that was not read exactly.

    The amount is never let pass with a sign amiss: 54030.33 may well be another payment than 54930.33.
    """
    outcome = _outcome(link)
    if any(outcome(account) == DIFFERS for account in _ACCOUNTS):
        return False
    if outcome(SlipField.NUMBER) == AGREES:
        return outcome(SlipField.AMOUNT) in (AGREES, NOT_READ)
    parties = all(
        outcome(account) in (AGREES, NEAR) or outcome(_NAME_OF[account]) == AGREES
        for account in _ACCOUNTS
    )
    return parties and outcome(SlipField.AMOUNT) == outcome(SlipField.DATE) == AGREES


def _why(slip: NamedSlip, chosen: Link | None, nearest: Link | None, rules: MatchRules) -> Why:
    if chosen:
        differ = any(part.verdict in (NEAR, DIFFERS) for part in chosen.evidence)
        return Why.DIFFERS if differ else Why.TOO_LITTLE
    if nearest and nearest.score >= rules.least_score:
        return Why.TWO_ROWS
    read = sum(name in slip.slip.fields for name in _KEYS)
    return Why.NO_ROW if read > 1 else Why.TOO_LITTLE
