"""Every copy looked at, every fault told and repaired, the register brought up to date."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256 as _sha256
from itertools import islice

from catalog.copies import Copy, KeptObject
from catalog.verifications import Delivered, Run
from flows.parts import Parts
from flows.progress import Progress
from flows.spool import spooled
from flows.stores import Stores
from pipeline.copies import BAD, PLACES, CopyState, Depth, Place
from pipeline.language import Message, say
from storage.fixity import Fixity
from storage.looks import Look, Verdict, Wanted

_AT_ONCE = 500
_READERS = 4
"""More at once brought nothing on two processors (lab_stores.md, section 3)."""


@dataclass(frozen=True)
class Fault:
    """One object with a copy that is bad or could not be read: what was found, and what became of it."""

    found: Verdict
    left: Verdict
    came: Delivered | None

    @property
    def lost(self) -> bool:
        """Whether no copy is good any more: critical."""
        return self.left.lost

    @property
    def messages(self) -> tuple[Message, ...]:
        """One sentence for each bad copy, and first of all that nothing good is left."""
        return (*([self._nothing_left()] if self.lost else []), *map(self._told, self.left.looks))

    def _nothing_left(self) -> Message:
        if self.came is None:
            return say(
                "CRITICAL: no good copy of {what} is left; have IT look for it in older versions and "
                "backups.",
                what=self._what,
            )
        return say(
            "CRITICAL: no good copy of {what} is left; have {operator} scan its paper again.",
            what=self._what,
            operator=self.came.operator,
        )

    def _told(self, look: Look) -> Message:
        values = {"what": self._what, "place": PLACES[look.place]}
        if look.found is CopyState.MISSING:
            return say("{what} was missing in the {place} and was put there again.", **values)
        if look.found:
            return say(
                "{what} was damaged in the {place} and was replaced from a good copy.", **values
            )
        if look.state in BAD and look.place is Place.COLD:
            return say(
                "{what} is bad in the {place}; the next volume will hold it again.", **values
            )
        if look.state in BAD and not self.lost:
            return say(
                "{what} is bad in the {place} and could not be replaced; have the store looked at and run "
                "this again.",
                **values,
            )
        if look.state is CopyState.MISSING:
            return say("{what} is missing in the {place}.", **values)
        if look.state is CopyState.DAMAGED:
            return say("{what} is damaged in the {place}.", **values)
        if look.why:
            return say(
                "{what} could not be read in the {place}, and was left as it was: {why}",
                **values,
                why=look.why,
            )
        if look.state is CopyState.UNREACHABLE:
            return say("{what} was not looked at in the {place}, which does not answer.", **values)
        return say("{what} is whole in the {place}.", **values)

    @property
    def _what(self) -> Message:
        if self.came is None:
            return say("object {key}", key=self.found.wanted.key)
        return say(
            "page {name} (branch {branch}, {day}, batch {batch})",
            name=self.came.name,
            branch=self.came.branch,
            day=self.came.day,
            batch=self.came.batch,
        )


@dataclass
class Verified:
    """The account of one verification."""

    objects: int = 0
    copies: int = 0
    byte_count: int = 0
    bad: int = 0
    """Copies that were found damaged or missing."""
    healed: int = 0
    lost: int = 0
    """Objects that have no good copy."""
    unknown: int = 0
    seconds: float = 0.0
    unreachable: dict[Place, Message] = field(default_factory=dict)
    not_locked: dict[Place, Message] = field(default_factory=dict)
    proof: str | None = None

    @property
    def whole(self) -> bool:
        """Whether every copy was looked at and is good, or was made good, and is locked as it should be."""
        return self.bad == self.healed and not self.unknown and not self.not_locked


@dataclass(frozen=True)
class Verifier:
    """The surroundings of one verification. ``nonce`` not empty: the run also proves what was read."""

    parts: Parts
    stores: Stores
    progress: Progress
    on_fault: Callable[[Fault], None]
    nonce: bytes = b""
    at: Callable[[str], None] = lambda _step: None

    def verify(self, keys: Iterable[str], depth: Depth, scope: str) -> Verified:
        """Look at all copies of the objects named; repair what is bad; may be run again at any time.

        Memory stays flat: some hundred objects are in hand at once. ``scope`` names the run in the list.
        """
        account, began, proof = Verified(), time.monotonic(), _sha256(self.nonce)
        fixity = Fixity(
            self.stores.shelves,
            self.nonce,
            lambda sha256: spooled(self.parts, sha256),
            self.at,
            self.stores.vault.lock,
        )
        cold = self.stores.cold
        on_shelf = frozenset(cold.volumes()) if cold.is_here else None
        with ThreadPoolExecutor(_READERS) as readers:
            for some in _chunks(keys):
                objects = self.parts.catalog.verifications.objects(some)
                verdicts = readers.map(
                    lambda one: fixity.examine(_wanted(one, on_shelf), depth), objects
                )
                leaving = self.parts.catalog.removals.leaving(some)
                settled = [self._settled(fixity, one, account, leaving) for one in verdicts]
                for verdict in settled:
                    proof.update(_proof_lines(verdict))
                self.parts.catalog.copies.enter([_registered(verdict) for verdict in settled])
        account.unreachable, account.not_locked = fixity.unreachable, fixity.not_locked
        account.seconds = time.monotonic() - began
        account.proof = proof.hexdigest() if self.nonce else None
        if account.objects:
            self.parts.catalog.verifications.keep(self._run(account, depth, scope))
        return account

    def _settled(
        self, fixity: Fixity, found: Verdict, account: Verified, leaving: Mapping[str, Place]
    ) -> Verdict:
        """Repair what is bad, count and tell it."""
        left = fixity.repair(found, self.stores.healable) if found.bad else found
        goes = leaving.get(found.wanted.key)
        staying = {place: one for place, one in self.stores.healable.items() if place is not goes}
        left = fixity.lock(left, staying)
        account.objects += 1
        account.copies += len(found.looks)
        account.byte_count += sum(look.byte_count for look in found.looks)
        account.bad += len(found.bad)
        account.healed += sum(look.found is not None for look in left.looks)
        account.lost += left.lost
        account.unknown += sum(look.state is CopyState.UNREACHABLE for look in left.looks)
        if found.bad or any(look.why for look in found.looks):
            self.on_fault(
                Fault(found, left, self.parts.catalog.verifications.came(found.wanted.sha256))
            )
        self.progress.step(say("verified {name}", name=found.wanted.key[-12:]))
        return left

    def _run(self, account: Verified, depth: Depth, scope: str) -> Run:
        return Run(
            at=datetime.now(UTC),
            scope=scope,
            depth=depth,
            objects=account.objects,
            copies=account.copies,
            byte_count=account.byte_count,
            bad=account.bad,
            healed=account.healed,
            lost=account.lost,
            unknown=account.unknown,
            seconds=round(account.seconds, 3),
            nonce=self.nonce.hex() or None,
            proof=account.proof,
        )


def _wanted(one: KeptObject, on_shelf: frozenset[str] | None) -> Wanted:
    """Both stores must have it, but where it was removed, and a cold volume that is here.

    What lies on a carrier is read by hand.

    None: the disk with the volumes is not there, so that nothing is known of any.
    """
    packed = [
        copy.place
        for copy in one.copies
        if copy.place is Place.COLD and (on_shelf is None or copy.version_id in on_shelf)
    ]
    removed = {copy.place for copy in one.copies if copy.state is CopyState.REMOVED}
    online = [place for place in (Place.PRIMARY, Place.REPLICA) if place not in removed]
    return Wanted(one.key, one.sha256, one.byte_count, (*online, *packed))


def _registered(verdict: Verdict) -> KeptObject:
    """What is entered: full looks and bad copies; that a shallow look found nothing wrong proves nothing."""
    wanted = verdict.wanted
    told = (CopyState.INTACT, *BAD)
    copies = tuple(
        Copy(
            look.place,
            look.state,
            look.version_id,
            look.lock.until if look.lock else None,
            look.found,
        )
        for look in verdict.looks
        if look.state in told
    )
    read = (look.byte_count for look in verdict.looks if look.state is CopyState.INTACT)
    byte_count = max(read, default=0) or wanted.byte_count
    return KeptObject(wanted.key, wanted.sha256, byte_count, copies)


def _proof_lines(verdict: Verdict) -> bytes:
    lines = (
        f"{verdict.wanted.key} {look.place} {look.proof}\n" for look in verdict.looks if look.proof
    )
    return "".join(lines).encode()


def _chunks(keys: Iterable[str]) -> Iterator[Sequence[str]]:
    rest = iter(keys)
    while some := list(islice(rest, _AT_ONCE)):
        yield some
