"""How one field of a page agrees with a booked transaction, and what that is worth.

Weights are match weights in bits, log2(m/u): m is the probability of the outcome on a true pair, u on a
false one (Fellegi and Sunter, "A Theory for Record Linkage", JASA 64, 1969). The m and u here are
settings drawn from the reading benchmark (99 % of fields read right) and from how selective a field is
within one branch and day; they are not law.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from pipeline.balance import FieldEvidence
from pipeline.model import FieldName, FieldValue, Transaction

AGREES, NEAR, DIFFERS, NOT_READ, NOT_EXPECTED = (
    "agrees",
    "near",
    "differs",
    "not_read",
    "not_expected",
)


@dataclass(frozen=True)
class FieldWeights:
    """Bits for each outcome of comparing one field."""

    agrees: float
    near: float
    differs: float

    def bits(self, outcome: str) -> float:
        """Return what an outcome of ``verdict`` is worth; what was not compared is worth nothing."""
        worth = {AGREES: self.agrees, NEAR: self.near, DIFFERS: self.differs}
        return round(worth.get(outcome, 0.0), 2)


def weights_of(chance: float, *, read_right: float = 0.97, slip: float = 0.02) -> FieldWeights:
    """Return weights from ``chance``: how often two unrelated vouchers agree in this field."""
    wrong = 1 - read_right - slip
    return FieldWeights(
        agrees=math.log2(read_right / chance),
        near=math.log2(slip / min(0.5, chance * 10)),
        differs=math.log2(wrong / (1 - chance)),
    )


WEIGHTS: Mapping[FieldName, FieldWeights] = {
    FieldName.SERIAL_NO: weights_of(1e-6),
    FieldName.CUSTOMER_NO: weights_of(1e-3),
    FieldName.FUND_ACCOUNT: weights_of(1e-3),
    FieldName.CUSTOMER_NAME: weights_of(2e-3),
    FieldName.AMOUNT: weights_of(2e-3),
    FieldName.BUSINESS_NAME: weights_of(0.1),
    FieldName.BUSINESS_DATE: weights_of(0.9),
}

_SLIPS_ALLOWED = 2
"""Characters in which a reading may miss a value of eight or more and still count as near."""


def expected_values(transaction: Transaction) -> dict[FieldName, str | None]:
    """Return what a page of this transaction should say, in the plain form of readings."""
    amount = transaction.amount
    return {
        FieldName.SERIAL_NO: transaction.serial_no,
        FieldName.CUSTOMER_NO: transaction.customer_no,
        FieldName.FUND_ACCOUNT: transaction.fund_account,
        FieldName.CUSTOMER_NAME: transaction.customer_name,
        FieldName.BUSINESS_NAME: transaction.business_name,
        FieldName.AMOUNT: None if amount is None else f"{amount:.2f}",
        FieldName.BUSINESS_DATE: transaction.business_date.isoformat(),
    }


def plain(value: str) -> str:
    """Return ``value`` with width, case, blanks and bracket forms made one."""
    return "".join(unicodedata.normalize("NFKC", value).split()).casefold()


def verdict(read: str | None, expected: str | None) -> str:
    """Compare a read value with the booked one; never changes either."""
    if expected is None or expected == "":
        return NOT_EXPECTED
    if read is None or read == "":
        return NOT_READ
    left, right = plain(read), plain(expected)
    if left == right:
        return AGREES
    allowed = min(_SLIPS_ALLOWED, len(right) // 4)
    return NEAR if Levenshtein.distance(left, right, score_cutoff=allowed) <= allowed else DIFFERS


def weigh(
    fields: Mapping[FieldName, FieldValue], transaction: Transaction
) -> tuple[FieldEvidence, ...]:
    """Compare every field of a page with a transaction, in the order of ``FieldName``."""
    expected = expected_values(transaction)
    return tuple(field_evidence(name, fields.get(name), expected[name]) for name in FieldName)


def field_evidence(name: FieldName, read: FieldValue | None, expected: str | None) -> FieldEvidence:
    """Compare one field of a page with its booked value."""
    outcome = verdict(read.value if read else None, expected)
    if outcome == NEAR and read and read.source.startswith("barcode"):
        outcome = DIFFERS  # a code has its own check digit: it does not slip by a character
    return FieldEvidence(
        field=name,
        read=read.value if read else None,
        expected=expected,
        verdict=outcome,
        weight=WEIGHTS[name].bits(outcome),
        source=read.source if read else None,
        confidence=read.confidence if read else None,
    )


def score(evidence: tuple[FieldEvidence, ...]) -> float:
    """Sum of the weights in bits: above 0 speaks for the pair, below against it."""
    return round(sum(part.weight for part in evidence), 2)
