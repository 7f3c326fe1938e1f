"""What a second reading of a field is worth, when the first seems to differ from the booking.

The second reading is made without knowledge of the booked value (``pipeline.reading``). Where it agrees
with the booking, two readings of one paper contradict each other and the one that has independent
support is believed; where it does not, the difference stands and goes to a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pipeline.balance import FieldEvidence, Match
from pipeline.evidence import AGREES, score, verdict
from pipeline.model import FieldName, FieldValue
from pipeline.pairing.weights import AGREES_ONCE

SELF_PROVEN = ("words",)
"""Sources that prove a value by the page itself (amount in words): no second reading outweighs them."""


def settle(match: Match, second: Mapping[FieldName, FieldValue | None]) -> Match:
    """Return the match with the differing fields settled by their second reading."""
    evidence = tuple(_settled(part, second.get(part.field)) for part in match.evidence)
    return replace(match, evidence=evidence, score=score(evidence))


def _settled(part: FieldEvidence, second: FieldValue | None) -> FieldEvidence:
    if second is None or verdict(second.value, part.expected) != AGREES:
        return part
    if any(proof in (part.source or "") for proof in SELF_PROVEN):
        return part
    return replace(
        part,
        read=second.value,
        verdict=AGREES,
        weight=round(AGREES_ONCE[part.field] / 2, 2),
        source=f"{second.source} (first {part.source}: {part.read})",
        confidence=second.confidence,
    )
