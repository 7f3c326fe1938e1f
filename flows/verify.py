"""Every copy looked at, every fault told and repaired, the register brought up to date."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256 as _sha256
from itertools import islice

from catalog.copies import Copy, KeptObject
from catalog.verifications import Run
from flows.copy_faults import Fault, tell_bad
from flows.parts import Parts
from flows.progress import Progress
from flows.spool import spooled
from flows.stores import Stores
from flows.verified import Verified
from flows.whereabouts import Whereabouts, wanted, whereabouts
from pipeline.copies import BAD, CopyState, Depth, Place
from pipeline.events import event
from pipeline.language import say
from storage.fixity import Fixity
from storage.looks import Verdict
from storage.volumes import ColdShelf

_AT_ONCE = 200
"""Objects that are entered in one transaction, while the next are read."""
_READERS = 8
"""Objects that are read at once: most of a read is waiting for the server (decision 0028)."""


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
        Raises PaperproofError when what was found does not add up to what was asked for.
        """
        account, began, proof = Verified(), time.monotonic(), _sha256(self.nonce)
        cold = whereabouts(self.parts.catalog, self.stores.cold)
        account.gone = self._volumes_gone(cold)
        with _readers() as readers:
            looking = _Looking(self._fixity(), readers, cold, depth)
            for begun in _one_ahead(self._begun(looking, some) for some in _chunks(keys)):
                account.asked += len(begun.objects)
                for verdict in self._settled(looking, begun, account):
                    proof.update(_proof_lines(verdict))
        account.must_add_up()
        account.unreachable = looking.fixity.unreachable
        account.not_locked = looking.fixity.not_locked
        account.seconds = time.monotonic() - began
        account.proof = proof.hexdigest() if self.nonce else None
        if account.objects:
            run = self._run(account, depth, scope)
            self.parts.catalog.verifications.keep(run)
            _tell(run)
        return account

    def _fixity(self) -> Fixity:
        return Fixity(
            self.stores.shelves,
            self.nonce,
            lambda sha256: spooled(self.parts, sha256),
            self.at,
            self.stores.vault.lock,
            self.mounted,
        )

    def _begun(self, looking: _Looking, some: Sequence[str]) -> _Begun:
        """Have the readers begin with some objects."""
        objects = self.parts.catalog.verifications.objects(some)
        return _Begun(objects, looking.readers.map(looking.examine, objects))

    def _settled(self, looking: _Looking, begun: _Begun, account: Verified) -> Sequence[Verdict]:
        """Repair, count, tell and enter what was found; interrupted, what was done until then is entered."""
        known = self._known([one.key for one in begun.objects], looking.cold)
        left: list[Verdict] = []
        try:
            for found in begun.verdicts:
                left.append(self._repaired(looking.fixity, found, known))
                self._tell(found, left[-1], account, known)
        except (Exception, KeyboardInterrupt):
            self._enter(left)
            raise
        self._enter(left)
        return left

    def _enter(self, left: Sequence[Verdict]) -> None:
        self.parts.catalog.copies.enter([_registered(verdict) for verdict in left])

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

    def _repaired(self, fixity: Fixity, found: Verdict, known: _Known) -> Verdict:
        """Give what is bad the good bytes, and lock anew what stays."""
        left = fixity.repair(found, self.stores.healable) if found.bad else found
        goes = known.leaving.get(found.wanted.key, ())
        staying = {place: one for place, one in self.stores.healable.items() if place not in goes}
        return fixity.lock(left, staying)

    def _tell(self, found: Verdict, left: Verdict, account: Verified, known: _Known) -> None:
        """Count an object, and tell its faults; of a loss that was settled only that."""
        tell_bad(found)
        account.count(found, left)
        who = known.settled.get(found.wanted.key)
        if who and left.lost:
            account.settled[who] += 1
            account.settled_copies += len(found.bad)
        elif found.bad or any(look.why for look in found.looks):
            came = self.parts.catalog.verifications.came(found.wanted.sha256)
            carriers = known.cold.carriers.get(found.wanted.elsewhere or "", ())
            self.on_fault(Fault(found, left, came, carriers))
        self.progress.step(say("verified {name}", name=found.wanted.key[-12:]))

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
class _Looking:
    """What the readers of one verification work with."""

    fixity: Fixity
    readers: ThreadPoolExecutor
    cold: Whereabouts
    depth: Depth

    def examine(self, one: KeptObject) -> Verdict:
        """Look at all copies of an object."""
        return self.fixity.examine(wanted(one, self.cold), self.depth)


@dataclass(frozen=True)
class _Begun:
    """Some objects, and what the readers find of them, in the same order."""

    objects: Sequence[KeptObject]
    verdicts: Iterable[Verdict]


@dataclass(frozen=True)
class _Known:
    """What the catalog knows of some objects before they are looked at."""

    leaving: Mapping[str, Collection[Place]]
    settled: Mapping[str, str]
    """Lost objects that need nothing more -> who said so."""
    cold: Whereabouts


def _registered(verdict: Verdict) -> KeptObject:
    """What is entered: full looks and bad copies; that a shallow look found nothing wrong proves nothing."""
    what = verdict.wanted
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
    byte_count = max(read, default=0) or what.byte_count
    return KeptObject(what.key, what.sha256, byte_count, copies)


def _tell(run: Run) -> None:
    counts = {name: getattr(run, name) for name in ("objects", "copies", "bad", "healed", "lost")}
    told = {"scope": run.scope, "depth": run.depth.value, "seconds": run.seconds}
    event("copies.verified", **told, **counts)


def _proof_lines(verdict: Verdict) -> bytes:
    lines = (
        f"{verdict.wanted.key} {look.place} {look.proof}\n" for look in verdict.looks if look.proof
    )
    return "".join(lines).encode()


def _chunks(keys: Iterable[str]) -> Iterator[Sequence[str]]:
    rest = iter(keys)
    while some := list(islice(rest, _AT_ONCE)):
        yield some


@contextmanager
def _readers() -> Iterator[ThreadPoolExecutor]:
    """Threads that read; left by an error or by Ctrl-C, they begin nothing more."""
    readers = ThreadPoolExecutor(_READERS)
    try:
        yield readers
    finally:
        readers.shutdown(cancel_futures=True)


def _one_ahead(begun: Iterator[_Begun]) -> Iterator[_Begun]:
    """Give what was begun once the next is begun too: no reader waits while the catalog is written."""
    before = next(begun, None)
    while before is not None:
        after = next(begun, None)
        yield before
        before = after
