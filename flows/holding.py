"""Legal holds given to the stores and taken off there, each proved by reading the lock back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from filelock import FileLock

from catalog.holds import HoldWork
from flows.parts import Parts
from flows.stores import Stores, locking
from pipeline.copies import PLACES, Place
from pipeline.errors import NotFound, StoreError, Unavailable, Unsupported
from pipeline.language import Message, say
from storage.store import Lock, Store

_AT_ONCE = 64
_HELD = Lock(hold=True)


@dataclass
class HoldsApplied:
    """What became of the work; what is left is done by the next run."""

    done: int = 0
    left: int = 0
    faults: list[Message] = field(default_factory=list)
    unlocked: tuple[Place, ...] = ()
    """Stores without locks: there the register alone holds."""

    @property
    def messages(self) -> tuple[Message, ...]:
        """What people must know of."""
        loud = (
            say(
                "The {place} LOCKS NOTHING: a hold stands in Paperproof's register alone, which removes "
                "nothing that is held; whoever has the store's keys still can.",
                place=PLACES[place],
            )
            for place in self.unlocked
        )
        left = (
            [
                say(
                    "{count} holds are still to be set or taken off at a store; the next “paperproof "
                    "storage nightly” goes on.",
                    count=self.left,
                )
            ]
            if self.left
            else []
        )
        return (*loud, *self.faults, *left)


def apply_holds(parts: Parts, stores: Stores, *, everything: bool = False) -> HoldsApplied:
    """Give the stores what they are to hold, and take off what was lifted; may be run again at any time.

    ``everything``: look at all that is held, so that a copy that was replaced meanwhile is held again. One
    object that fails hides no other; a store that is down is asked no more in this run.
    """
    with FileLock(parts.workspace.locks / "holds.lock"):
        places = locking(parts.settings)
        works = parts.catalog.holds.work(places, everything=everything)
        applied = HoldsApplied(unlocked=_unlocked(parts, places))
        down: set[Place] = set()
        proved: list[HoldWork] = []
        for work in works:
            if work.place in down:
                applied.left += 1
                continue
            try:
                _apply(stores.healable[work.place], work)
            except StoreError as error:
                applied.left += 1
                applied.faults.append(error.message)
                down |= {work.place} if isinstance(error, Unavailable) else set()
                continue
            applied.done += 1
            proved.append(work)
            if len(proved) == _AT_ONCE:
                parts.catalog.holds.done(proved)
                proved = []
        parts.catalog.holds.done(proved)
    return applied


def _unlocked(parts: Parts, places: Collection[Place]) -> tuple[Place, ...]:
    """The stores without locks, where anything is held at all."""
    if all(hold.lift for hold in parts.catalog.holds.all()):
        return ()
    return tuple(place for place in (Place.PRIMARY, Place.REPLICA) if place not in places)


def _apply(store: Store, work: HoldWork) -> None:
    (_hold if work.on else _release)(store, work.key)


def _hold(store: Store, key: str) -> None:
    """Hold the newest version; raises Unsupported where the store does not tell it afterwards."""
    found = store.head(key)
    if found is None:
        raise NotFound(
            say(
                "{store} has no object {key}, which a hold keeps; have it verified.",
                store=store.describe(),
                key=key,
            )
        )
    if found.lock and found.lock.covers(_HELD):
        return
    store.set_hold(key, found.version_id, True)
    again = store.head(key, found.version_id)
    if not (again and again.lock and again.lock.covers(_HELD)):
        raise Unsupported(
            say(
                "{store} does not hold {key} as it was told to; run “paperproof storage self-test”.",
                store=store.describe(),
                key=key,
            )
        )


def _release(store: Store, key: str) -> None:
    """Take the hold off every version: a copy that was replaced has older ones that are held too."""
    for version in store.versions(key):
        if version.is_marker:
            continue
        found = store.head(key, version.version_id)
        if found and found.lock and found.lock.hold:
            store.set_hold(key, version.version_id, False)
            again = store.head(key, version.version_id)
            if again and again.lock and again.lock.hold:
                raise Unsupported(
                    say(
                        "{store} still holds {key}, though it was told to let it go.",
                        store=store.describe(),
                        key=key,
                    )
                )
