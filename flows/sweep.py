"""The sweep: objects, rows, receipts and the other store held against each other (rule R10).

What is missing anywhere is looked at, repaired where something good is left, and else told with a name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from catalog.copies import KeptObject
from flows.listings import cross_listings
from flows.parts import Parts
from flows.receipts import receipt
from flows.stores import Stores
from flows.verified import Verified
from flows.verify import Verifier
from pipeline.copies import Depth
from pipeline.errors import StoreError
from pipeline.language import Message, say
from pipeline.model import Delivery
from storage.store import (
    NoteKind,
    digest,
    digital_key,
    note_key,
    object_key,
    sha256_of_key,
    text_key,
)

STEPS = ("listings", "rows", "receipts", "gaps")
"""The named steps, for tests that kill there."""

_IN_FLIGHT = timedelta(hours=1)
"""What was put or entered so lately may belong to a page that is just being taken in."""
_SHOWN = 20


@dataclass
class Swept:
    """What the sweep found."""

    objects: int = 0
    adopted: int = 0
    promised: int = 0
    """Rows that spoke of an object which no store lists."""
    receipts_made: int = 0
    """Deliveries whose receipt was gone, and was made again."""
    left_over: list[Message] = field(default_factory=list)
    """Objects and receipts that no row speaks of: stored, but neither archived nor listed."""
    young: int = 0
    """Objects that only one store lists yet, put there within the last hour: the next sweep judges them."""
    foreign: int = 0
    foreign_keys: list[str] = field(default_factory=list)
    gaps: Verified = field(default_factory=Verified)
    """What looking at the gaps gave."""
    to_fetch: int = 0
    """Objects whose only good copy is in a cold volume, whenever that was found."""
    lost: int = 0
    """Objects without a good copy, whenever that was found."""

    @property
    def clean(self) -> bool:
        """Whether nothing is left that needs a person."""
        return self.gaps.whole and not self.left_over and not self.lost and not self.to_fetch

    @property
    def messages(self) -> tuple[Message, ...]:
        """The account in sentences."""
        told = [
            say(
                "{objects} objects swept: {adopted} entered in the register, {bad} copies missing or bad, "
                "{healed} repaired, {receipts} receipts made again, {left} left over.",
                objects=self.objects,
                adopted=self.adopted,
                bad=self.gaps.bad,
                healed=self.gaps.healed,
                receipts=self.receipts_made,
                left=len(self.left_over),
            ),
            *self.left_over[:_SHOWN],
        ]
        if self.lost:
            told.append(
                say(
                    "CRITICAL: {count} objects have no good copy; “paperproof storage status” names them.",
                    count=self.lost,
                )
            )
        if self.to_fetch:
            told.append(
                say(
                    "CRITICAL: {count} objects are left in cold volumes only; “paperproof storage status” "
                    "names volumes and carriers.",
                    count=self.to_fetch,
                )
            )
        if self.young:
            told.append(
                say(
                    "{count} objects came in a moment ago and lie in one store so far; the next sweep looks "
                    "at them again.",
                    count=self.young,
                )
            )
        if self.foreign:
            told.append(
                say(
                    "{count} objects in the stores are none of Paperproof's, such as {key}; find out who put "
                    "them there.",
                    count=self.foreign,
                    key=self.foreign_keys[0],
                )
            )
        return (*told, *self.gaps.needing)


def sweep(
    verifier: Verifier, now: datetime | None = None, at: Callable[[str], None] = lambda _step: None
) -> Swept:
    """Hold everything against everything; may be run again at any time, also while pages come in."""
    parts, stores = verifier.parts, verifier.stores
    now = now or datetime.now(UTC)
    before = now - _IN_FLIGHT
    at("listings")
    listed = cross_listings(stores.vault, parts.catalog, (before, now + _IN_FLIGHT))
    swept = Swept(
        objects=listed.keys - listed.foreign,
        adopted=listed.adopted,
        young=listed.young,
        foreign=listed.foreign,
        foreign_keys=listed.foreign_keys,
    )
    at("rows")
    promised = _enter_promised(parts)
    swept.promised = len(promised)
    at("receipts")
    _cross_receipts(parts, stores, before, swept)
    swept.left_over += [
        say(
            "{key} is stored, but no page or package speaks of it; if its batch is not on its way, take it "
            "in again.",
            key=key,
        )
        for key in parts.catalog.crossings.without_a_row(before)
    ]
    at("gaps")
    # What was called lost is looked at again: a store may have kept a repair whose answer was an error.
    verifications = parts.catalog.verifications
    called_lost = (one.key for one in (*verifications.lost(), *verifications.in_volumes_only()))
    gaps = sorted({*listed.gaps, *promised, *called_lost})
    swept.gaps = verifier.verify(gaps, Depth.BYTES, "sweep")
    swept.lost, swept.to_fetch = len(verifications.lost()), len(verifications.in_volumes_only())
    return swept


def _enter_promised(parts: Parts) -> list[str]:
    """Enter what rows speak of and no store listed, so that it is looked for; then it is told."""
    crossings = parts.catalog.crossings
    key_of: dict[str, Callable[[str], str]] = {
        "obj": object_key,
        "text": text_key,
        "digital": digital_key,
    }
    keys = [key_of[kind](sha256) for kind, sha256 in crossings.promised()]
    keys += crossings.promised_notes()
    named = ((key, sha256_of_key(key)) for key in keys)
    parts.catalog.copies.enter([KeptObject(key, sha256, 0, ()) for key, sha256 in named if sha256])
    return keys


def _cross_receipts(parts: Parts, stores: Stores, before: datetime, swept: Swept) -> None:
    """Make receipts again that are gone or lost; tell those of pages that were never entered.

    Lost: bad in both stores, as an earlier look found. A delivery's receipt is computed and looked up, not
    read. Only what that does not explain is read: a batch that another operator finished, a page that came in
    two files.
    """
    crossings, copies = parts.catalog.crossings, parts.catalog.copies
    expected: set[bytes] = set()
    unproved: dict[str, tuple[Delivery, str | None]] = {}
    lost = {one.key for one in parts.catalog.verifications.lost()}
    for some in crossings.admitted():
        receipts = [(digest(receipt(*one)), one) for one in some]
        known = copies.known([note_key(NoteKind.RECEIPT, sha256) for sha256, _ in receipts]) - lost
        for sha256, one in receipts:
            expected.add(_short(sha256))
            if note_key(NoteKind.RECEIPT, sha256) not in known:
                unproved[one[0].id] = one
    for key, sha256 in crossings.receipts(before):
        if _short(sha256) in expected:
            continue
        try:
            told = json.loads(stores.vault.read_object(key, sha256))
        except StoreError as error:
            swept.left_over.append(error.message)
            continue
        if parts.catalog.pages.known(told["delivery"]):
            unproved.pop(told["delivery"], None)
        else:
            swept.left_over.append(_never_entered(told))
    for arrival, container in unproved.values():
        kept = stores.vault.keep_note(NoteKind.RECEIPT, receipt(arrival, container))
        # One that is there after all came in since the listing.
        there = kept.primary.existed and kept.replica and kept.replica.existed
        swept.receipts_made += kept.healed or not there
    stores.vault.flush()


def _never_entered(told: dict[str, str]) -> Message:
    return say(
        "Page {name} (branch {branch}, {day}, batch {batch}, scanned by {operator}) is stored, but was never "
        "entered; take its batch in again.",
        name=told["name"],
        branch=told["branch"],
        day=told["day"],
        batch=told["batch"],
        operator=told["operator"],
    )


def _short(sha256: str) -> bytes:
    """Half of a SHA-256: enough to tell receipts apart, and a million of them take 50 MB."""
    return bytes.fromhex(sha256[:32])
