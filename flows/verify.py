"""Every copy looked at, every fault told and repaired, the register brought up to date."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256 as _sha256
from itertools import islice

from catalog.catalog import Catalog
from catalog.copies import Copy, KeptObject
from catalog.verifications import Run
from flows.copy_faults import Fault
from flows.parts import Parts
from flows.progress import Progress
from flows.spool import spooled
from flows.stores import Stores
from pipeline.copies import BAD, CopyState, Depth, Place
from pipeline.language import Message, say
from storage.fixity import Fixity
from storage.looks import Verdict, Wanted
from storage.volumes import ColdShelf

_AT_ONCE = 500
_READERS = 4
"""More at once brought nothing on two processors (lab_stores.md, section 3)."""


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
    settled: Counter[str] = field(default_factory=Counter)
    """Those of them that need nothing more, by who said so."""
    settled_copies: int = 0
    to_fetch: int = 0
    """Objects whose only good copy is on a carrier."""
    unknown: int = 0
    gone: dict[str, int] = field(default_factory=dict)
    """Cold volumes that are nowhere: not on the shelf, not on a carrier that was read; and their objects."""
    seconds: float = 0.0
    unreachable: dict[Place, Message] = field(default_factory=dict)
    not_locked: dict[Place, Message] = field(default_factory=dict)
    proof: str | None = None

    @property
    def needing(self) -> tuple[Message, ...]:
        """What needs a person beyond single objects: volumes and stores."""
        gone = (
            say(
                "CRITICAL: the cold volume {name} is neither in its folder nor on a carrier that was read "
                "back; its {count} objects are packed again at the next closing. If a carrier has it, run "
                "“paperproof cold written” and “paperproof cold check --carrier”.",
                name=name,
                count=count,
            )
            for name, count in self.gone.items()
        )
        return (*gone, *self.unreachable.values(), *self.not_locked.values())

    @property
    def whole(self) -> bool:
        """Whether every copy was looked at and is good, or was made good, and is locked as it should be.

        Bad copies of what is lost and was settled need nobody any more.
        """
        return self.bad == self.healed + self.settled_copies and not (
            self.unknown or self.not_locked or self.gone
        )


@dataclass(frozen=True)
class Verifier:
    """The surroundings of one verification. ``nonce`` not empty: the run also proves what was read."""

    parts: Parts
    stores: Stores
    progress: Progress
    on_fault: Callable[[Fault], None]
    nonce: bytes = b""
    at: Callable[[str], None] = lambda _step: None
    mounted: tuple[ColdShelf, ...] = ()
    """Carriers that are mounted: good copies for what has none elsewhere."""

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
            self.mounted,
        )
        cold = whereabouts(self.parts.catalog, self.stores.cold)
        account.gone = self._volumes_gone(cold)
        with ThreadPoolExecutor(_READERS) as readers:
            for some in _chunks(keys):
                objects = self.parts.catalog.verifications.objects(some)
                verdicts = readers.map(
                    lambda one: fixity.examine(_wanted(one, cold), depth), objects
                )
                known = self._known(some, cold)
                left = [self._repaired(fixity, one, account, known) for one in verdicts]
                for verdict in left:
                    proof.update(_proof_lines(verdict))
                self.parts.catalog.copies.enter([_registered(verdict) for verdict in left])
        account.unreachable, account.not_locked = fixity.unreachable, fixity.not_locked
        account.seconds = time.monotonic() - began
        account.proof = proof.hexdigest() if self.nonce else None
        if account.objects:
            self.parts.catalog.verifications.keep(self._run(account, depth, scope))
        return account

    def _volumes_gone(self, cold: Whereabouts) -> dict[str, int]:
        """Enter the copies of volumes that are nowhere as missing, so that they are packed again."""
        volumes = self.parts.catalog.volumes
        held = volumes.objects_by_volume()
        gone = {name: count for name, count in held.items() if cold.is_gone(name)}
        for name in gone:
            volumes.gone(name)
        return gone

    def _known(self, keys: Sequence[str], cold: Whereabouts) -> _Known:
        catalog = self.parts.catalog
        return _Known(catalog.removals.leaving(keys), catalog.verifications.settled_by(keys), cold)

    def _repaired(
        self, fixity: Fixity, found: Verdict, account: Verified, known: _Known
    ) -> Verdict:
        """Repair what is bad, count and tell it; of a loss that was settled only that."""
        left = fixity.repair(found, self.stores.healable) if found.bad else found
        goes = known.leaving.get(found.wanted.key, ())
        staying = {place: one for place, one in self.stores.healable.items() if place not in goes}
        left = fixity.lock(left, staying)
        account.objects += 1
        account.copies += len(found.looks)
        account.byte_count += sum(look.byte_count for look in found.looks)
        account.bad += len(found.bad)
        account.healed += sum(look.found is not None for look in left.looks)
        account.lost += left.lost
        account.to_fetch += left.to_fetch
        account.unknown += sum(look.state is CopyState.UNREACHABLE for look in left.looks)
        who = known.settled.get(found.wanted.key)
        if who and left.lost:
            account.settled[who] += 1
            account.settled_copies += len(found.bad)
        elif found.bad or any(look.why for look in found.looks):
            came = self.parts.catalog.verifications.came(found.wanted.sha256)
            carriers = known.cold.carriers.get(found.wanted.elsewhere or "", ())
            self.on_fault(Fault(found, left, came, carriers))
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


@dataclass(frozen=True)
class Whereabouts:
    """Where cold volumes are."""

    on_shelf: frozenset[str] | None
    """None: the disk with the volumes is not there, so that nothing is known of any."""
    carriers: Mapping[str, tuple[str, ...]]
    """Volume -> carriers in use whose last read test of it was good."""
    sealed: frozenset[str] = frozenset()
    """Encrypted volumes on the shelf: there, and nothing in them can be read; “cold check” proves them."""

    def is_gone(self, volume: str) -> bool:
        """Whether a volume is nowhere: to lie on a carrier is no excuse before it was read back there."""
        return (
            self.on_shelf is not None
            and volume not in self.on_shelf
            and volume not in self.sealed
            and volume not in self.carriers
        )


@dataclass(frozen=True)
class _Known:
    """What the catalog knows of some objects before they are looked at."""

    leaving: Mapping[str, Collection[Place]]
    settled: Mapping[str, str]
    """Lost objects that need nothing more -> who said so."""
    cold: Whereabouts


def whereabouts(catalog: Catalog, shelf: ColdShelf) -> Whereabouts:
    """Look on the shelf and into the register of carriers."""
    held = catalog.carriers.of_volumes()
    carriers = {volume: tuple(one.number for one in ones) for volume, ones in held.items()}
    on_shelf = frozenset(shelf.volumes()) if shelf.is_here else None
    return Whereabouts(on_shelf, carriers, frozenset(shelf.sealed()))


def _wanted(one: KeptObject, cold: Whereabouts) -> Wanted:
    """Both stores must have it, but where it was removed, and a cold volume that is here.

    What lies on a carrier is read by hand. The copies of a volume that is gone are told with the volume.
    """
    removed = {copy.place for copy in one.copies if copy.state is CopyState.REMOVED}
    places = [place for place in (Place.PRIMARY, Place.REPLICA) if place not in removed]
    elsewhere = None
    for copy in one.copies:
        if copy.place is not Place.COLD or copy.version_id is None:
            continue
        if copy.state is CopyState.REMOVED:
            continue
        if cold.on_shelf is None or copy.version_id in cold.on_shelf:
            places.append(copy.place)
        elif copy.version_id in cold.carriers:
            elsewhere = copy.version_id
    return Wanted(one.key, one.sha256, one.byte_count, tuple(places), elsewhere)


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
