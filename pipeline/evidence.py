"""How one field of a page agrees with a booked value, and what that is worth.

Weights are match weights in bits, log2(m/u): m is the probability of the outcome on a true pair, u on a
false one (Fellegi and Sunter, "A Theory for Record Linkage", JASA 64, 1969). The m here are drawn from the
reading benchmark (99 % of fields read right); ``pairing.weights`` finds the u of each value of a stream.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from pipeline.balance import FieldEvidence
from pipeline.model import FieldName, Transaction

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


READ_RIGHT, SLIP, WRONG = 0.97, 0.02, 0.01
"""Chance on a true pair that a field agrees, is near, says something else (or was booked otherwise)."""


def weights_of(chance: float) -> FieldWeights:
    """Return weights from ``chance``: how often two unrelated vouchers agree in this field."""
    return FieldWeights(
        agrees=math.log2(READ_RIGHT / chance),
        near=math.log2(SLIP / min(0.5, chance * 10)),
        differs=math.log2(WRONG / (1 - chance)),
    )


SLIPS_ALLOWED = 2
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
    if value.isascii():
        return value if value.isdigit() else "".join(value.split()).casefold()
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
    allowed = slips_allowed(right)
    return NEAR if Levenshtein.distance(left, right, score_cutoff=allowed) <= allowed else DIFFERS


def slips_allowed(expected: str) -> int:
    """Return in how many characters a reading may miss a value and still count as near."""
    return min(SLIPS_ALLOWED, len(expected) // 4)


def score(evidence: tuple[FieldEvidence, ...]) -> float:
    """Sum of the weights in bits: above 0 speaks for the pair, below against it."""
    return round(sum(part.weight for part in evidence), 2)
