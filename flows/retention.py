"""Retention by rules: objects whose date is known are locked until then, at both stores, and read back.

What is put is locked for ``lock_days``, and for that long again whenever it is verified. So an object stays
until the later of that and the dates that rules gave it (``catalog.retention``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from catalog.closures import Closure
from catalog.retention import ShortLock
from flows.keeping import rules_of
from flows.parts import Parts
from flows.stores import Stores, locking
from pipeline.copies import PLACES, Place
from pipeline.errors import StoreError, Unavailable, Unsupported
from pipeline.language import Message, say
from pipeline.retention import (
    Business,
    Keeping,
    Medium,
    RetentionRule,
    Trigger,
    keepings,
    longest,
)
from storage.store import LATEST, Lock, Store

_AT_ONCE = 64


@dataclass(frozen=True)
class Dated:
    """Objects that a rule keeps until a date."""

    keys: Sequence[str]
    until: datetime
    rule: str
    """The requirement that the date comes from."""


class Rule(Protocol):
    """A rule that knows dates: what it gives is entered, and locked at the stores."""

    def dates(self, parts: Parts) -> Iterator[Dated]:
        """Yield what is new; an object may come again, its dates only get later."""
        ...


@dataclass(frozen=True)
class AfterClosure:
    """A customer's pages stay for some years after the account was closed (CG-17.3b)."""

    rules: Sequence[RetentionRule]

    def dates(self, parts: Parts) -> Iterator[Dated]:
        """See ``Rule``."""
        closures = parts.catalog.closures
        for closure in closures.not_applied():
            begun = datetime.now(UTC)
            keys = parts.catalog.named.of_customer(closure.customer_no)
            kept = self._longest(closure, begun.date())
            if keys and kept and kept.until:
                yield Dated(keys, _end_of(kept.until), kept.rule)
            closures.applied(closure, begun)

    def _longest(self, closure: Closure, today: date) -> Keeping | None:
        business = Business("", closure.closed_on, closure.customer_no, closure.closed_on)
        return longest(keepings(self.rules, Medium.ELECTRONIC, business, today))


@dataclass
class Extended:
    """What became of the copies that were locked for too short."""

    dated: int = 0
    """Objects that were given a date just now."""
    extended: int = 0
    left: int = 0
    faults: dict[Place, Message] = field(default_factory=dict)
    """The first thing that each store said."""
    unlocked: tuple[Place, ...] = ()
    """Stores without locks, where some object has a date."""

    @property
    def messages(self) -> tuple[Message, ...]:
        """What people must know of."""
        told = [
            say(
                "The {place} LOCKS NOTHING: what rules keep there until a known date, Paperproof's register "
                "alone keeps.",
                place=PLACES[place],
            )
            for place in self.unlocked
        ]
        if self.extended:
            told.append(say("{count} copies were locked for longer.", count=self.extended))
        if self.left:
            told.append(
                say(
                    "{count} copies are not locked for as long as the rules say; the next night tries again.",
                    count=self.left,
                )
            )
        return (*told, *self.faults.values())


def rules(parts: Parts) -> tuple[Rule, ...]:
    """The rules of this workspace that know dates."""
    closing = [rule for rule in rules_of(parts) if rule.trigger is Trigger.ACCOUNT_CLOSED]
    return (AfterClosure(closing),)


def keep_until(parts: Parts, key: str, put_at: datetime) -> datetime:
    """Until when an object must stay that was put or verified at a moment: the latest of all dates."""
    rolling = Lock.for_days(put_at, parts.settings.lock_days).until or put_at
    kept = parts.catalog.retention.of([key]).get(key)
    return max(rolling, kept.until) if kept else rolling


def extend(parts: Parts, stores: Stores) -> Extended:
    """Enter the dates that rules know, and lock for longer what needs it; may be run again at any time."""
    done = Extended()
    for rule in rules(parts):
        for dated in rule.dates(parts):
            parts.catalog.retention.keep(dated.keys, dated.rule, dated.until)
            done.dated += len(dated.keys)
    done.unlocked = _unlocked(parts)
    down: set[Place] = set()
    seen: list[ShortLock] = []
    for copy in _short(parts):
        try:
            if copy.place in down:
                done.left += 1
                continue
            seen.append(_extended(stores.healable[copy.place], copy))
            done.extended += 1
        except StoreError as error:
            done.left += 1
            done.faults.setdefault(copy.place, error.message)
            down |= {copy.place} if isinstance(error, Unavailable) else set()
        if len(seen) == _AT_ONCE:
            parts.catalog.retention.locked(seen)
            seen = []
    parts.catalog.retention.locked(seen)
    return done


def _short(parts: Parts) -> Iterator[ShortLock]:
    """The copies that are locked for too short, but for those approved to leave (``flows.lifecycle``)."""
    short = list(parts.catalog.retention.short(locking(parts.settings)))
    leaving = parts.catalog.removals.leaving([one.key for one in short])
    return (one for one in short if one.place not in leaving.get(one.key, ()))


def _end_of(day: date) -> datetime:
    """The end of a day, and no later than every store can lock (``storage.store.LATEST``)."""
    return min(datetime.combine(day + timedelta(days=1), time(), UTC), LATEST)


def _unlocked(parts: Parts) -> tuple[Place, ...]:
    if not parts.catalog.retention.count():
        return ()
    places = locking(parts.settings)
    return tuple(place for place in (Place.PRIMARY, Place.REPLICA) if place not in places)


def _extended(store: Store, copy: ShortLock) -> ShortLock:
    """Lock a copy until its date, and give the date read back; raises Unsupported where that is short."""
    wanted = Lock(copy.until)
    found = store.head(copy.key)
    if found and not (found.lock and found.lock.covers(wanted)):
        store.extend_retention(copy.key, found.version_id, copy.until)
        found = store.head(copy.key, found.version_id)
    if not (found and found.lock and found.lock.until and found.lock.covers(wanted)):
        raise Unsupported(
            say(
                "{store} does not lock {key} until {until}; run “paperproof storage self-test”.",
                store=store.describe(),
                key=copy.key,
                until=f"{copy.until:%Y-%m-%d}",
            )
        )
    return ShortLock(copy.key, copy.place, found.lock.until)
