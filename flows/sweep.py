"""The sweep: objects, rows, receipts and the other store held against each other (rule R10).

What is missing anywhere is looked at, repaired where something good is left, and else told with a name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from catalog.copies import Copy, KeptObject
from flows.listings import cross_listings
from flows.parts import Parts
from flows.receipts import receipt
from flows.stores import Stores
from flows.verify import Verified, Verifier
from pipeline.copies import CopyState, Depth, Place
from pipeline.errors import StoreError
from pipeline.language import Message, say
from pipeline.model import Delivery
from storage.store import NoteKind, digest, note_key, object_key, text_key

STEPS = ("listings", "rows", "receipts", "gaps")
"""The named steps, for tests that kill there."""

_IN_FLIGHT = timedelta(hours=1)
"""What was entered so lately may belong to a page that is just being taken in."""
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
    foreign: int = 0
    foreign_keys: list[str] = field(default_factory=list)
    gaps: Verified = field(default_factory=Verified)
    """What looking at the gaps gave."""
    lost: int = 0
    """Objects without a good copy, whenever that was found."""

    @property
    def clean(self) -> bool:
        """Whether nothing is left that needs a person."""
        return self.gaps.whole and not self.left_over and not self.lost

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
        if self.foreign:
            told.append(
                say(
                    "{count} objects in the stores are none of Paperproof's, such as {key}; find out who put "
                    "them there.",
                    count=self.foreign,
                    key=self.foreign_keys[0],
                )
            )
        return (*told, *self.gaps.unreachable.values(), *self.gaps.not_locked.values())


def sweep(
    verifier: Verifier, now: datetime | None = None, at: Callable[[str], None] = lambda _step: None
) -> Swept:
    """Hold everything against everything; may be run again at any time, also while pages come in."""
    parts, stores = verifier.parts, verifier.stores
    before = (now or datetime.now(UTC)) - _IN_FLIGHT
    at("listings")
    listed = cross_listings(stores.vault, parts.catalog)
    swept = Swept(
        objects=listed.keys - listed.foreign,
        adopted=listed.adopted,
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
            "{key} is stored, but no page speaks of it; if its batch is not on its way, take it in again.",
            key=key,
        )
        for key in parts.catalog.crossings.without_a_row(before)
    ]
    at("gaps")
    # What was called lost is looked at again: a store may have kept a repair whose answer was an error.
    called_lost = (one.key for one in parts.catalog.verifications.lost())
    gaps = sorted({*listed.gaps, *promised, *called_lost})
    swept.gaps = verifier.verify(gaps, Depth.BYTES, "sweep")
    swept.lost = len(parts.catalog.verifications.lost())
    return swept


def _enter_promised(parts: Parts) -> list[str]:
    """Enter what rows speak of and no store lists as missing, so that it is looked for and told."""
    keys: dict[str, Callable[[str], str]] = {
        "obj": object_key,
        "text": text_key,
        "decision": lambda sha256: note_key(NoteKind.DECISION, sha256),
    }
    missing = tuple(Copy(place, CopyState.MISSING) for place in (Place.PRIMARY, Place.REPLICA))
    found = [
        KeptObject(keys[kind](sha256), sha256, 0, missing)
        for kind, sha256 in parts.catalog.crossings.promised()
    ]
    parts.catalog.copies.enter(found)
    return [one.key for one in found]


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
        keys = {_key(*one): one for one in some}
        known = copies.known(list(keys)) - lost
        expected.update(map(_short, keys))
        unproved.update((one[0].id, one) for key, one in keys.items() if key not in known)
    for key in crossings.receipts(before):
        if _short(key) in expected:
            continue
        try:
            told = json.loads(stores.vault.read_object(key, _sha256_of(key)))
        except StoreError as error:
            swept.left_over.append(error.message)
            continue
        if parts.catalog.pages.known(told["delivery"]):
            unproved.pop(told["delivery"], None)
        else:
            swept.left_over.append(_never_entered(told))
    for arrival, container in unproved.values():
        stores.vault.keep_note(NoteKind.RECEIPT, receipt(arrival, container))
        swept.receipts_made += 1
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


def _key(arrival: Delivery, container: str | None) -> str:
    return note_key(NoteKind.RECEIPT, digest(receipt(arrival, container)))


def _sha256_of(key: str) -> str:
    return key.rpartition("/")[2].removesuffix(".json")


def _short(key: str) -> bytes:
    """Half of the SHA-256 in a key: enough to tell receipts apart, and a million of them take 50 MB."""
    return bytes.fromhex(_sha256_of(key)[:32])
