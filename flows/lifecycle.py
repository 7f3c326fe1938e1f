"""Fewer online copies: after some time one of the two may go, where enough proven ones are left (DK-22).

Nothing goes but by a list that one person planned and another approved; where a lock or hold stands it waits.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

from filelock import FileLock

from catalog.removals import Candidate, Order
from flows.deleting import delete_versions, what_locks
from flows.parts import Parts
from flows.progress import Progress
from flows.stores import Stores
from pipeline.copies import HELD, PLACES, Place
from pipeline.errors import Corrupt, Locked, NotFound, StoreError, UserError
from pipeline.language import Message, say
from storage.proof import proved_pieces
from storage.store import Store

STEPS = (
    "removal_due",
    "staying_proved",
    "removal_entered",
    "version_deleted",
    "absence_seen",
    "removal_done",
)
"""The named steps of one object's removal; ``at`` is called when each is reached."""

_SHOWN = 20


@dataclass(frozen=True)
class Lifecycle:
    """The surroundings of one plan or one run."""

    parts: Parts
    stores: Stores
    who: str
    progress: Progress
    at: Callable[[str], None] = lambda _step: None

    @property
    def staying(self) -> Place:
        """The online copy that is kept."""
        return Place(self.parts.settings.lifecycle.keep_online)

    @property
    def leaving(self) -> Place:
        """The online copy that may go."""
        return Place.PRIMARY if self.staying is Place.REPLICA else Place.REPLICA

    @cached_property
    def since(self) -> datetime:
        """Copies read in full since then count as proven."""
        return datetime.now(UTC) - timedelta(days=self.parts.settings.verify.within_days)

    @cached_property
    def on_shelf(self) -> frozenset[str]:
        """The volumes that lie in the folder of volumes; of encrypted ones those that somebody can open."""
        cold = self.stores.cold
        return frozenset(cold.everything()) - self.shut if cold.is_here else frozenset()

    @cached_property
    def on_carriers(self) -> Counter[str]:
        """Volume -> carriers in use whose last read test of it was good."""
        return Counter(
            held.volume
            for carrier in self.parts.catalog.carriers.all()
            if carrier.in_use
            for held in carrier.holdings.values()
            if held.good and held.volume not in self.shut
        )

    @cached_property
    def shut(self) -> frozenset[str]:
        """Encrypted volumes while nobody is written down who holds a key: they count for nothing."""
        catalog = self.parts.catalog
        if catalog.cold_keys.all():
            return frozenset()
        return frozenset(one.name for one in catalog.volumes.all() if one.sealed)


@dataclass
class Planned:
    """What a plan found due."""

    order: Order | None = None
    """None: nothing is due."""
    short: int = 0
    """Objects old enough that have too few other proven copies."""
    held: int = 0
    """Objects old enough that a legal hold keeps."""


@dataclass
class Removed:
    """What became of an order's objects: listed = removed + refused + locked + failed."""

    listed: int = 0
    removed: int = 0
    refused: int = 0
    """Too few proven copies would be left, or another copy turned out bad."""
    locked: int = 0
    """Put off: a lock or a hold stands."""
    failed: int = 0
    """The store could not be asked, or did not do it; the next run goes on."""
    told: list[Message] = field(default_factory=list)

    def must_add_up(self) -> None:
        """Fail when an object was lost on the way."""
        if self.listed != self.removed + self.refused + self.locked + self.failed:
            raise AssertionError(f"{self} does not add up")

    def tell(self, message: Message) -> None:
        """Keep the first sentences for people."""
        if len(self.told) < _SHOWN:
            self.told.append(message)


def plan(lifecycle: Lifecycle, now: datetime | None = None) -> Planned:
    """Enter the list of what is due; removes nothing. Raises UserError while no time is set."""
    rules, catalog = lifecycle.parts.settings.lifecycle, lifecycle.parts.catalog
    if not rules.hot_days:
        raise UserError(
            say("Both online copies stay for good; set hot_days under [lifecycle] to change that.")
        )
    catalog.removals.returned()
    before = (now or datetime.now(UTC)) - timedelta(days=rules.hot_days)
    found = list(catalog.removals.candidates(lifecycle.leaving, lifecycle.staying, before))
    held = catalog.holds.held([one.key for one in found])
    free = [one for one in found if one.key not in held]
    due = [one for one in free if _too_few(lifecycle, one) is None]
    planned = Planned(short=len(free) - len(due), held=len(held))
    if due:
        items = [(one.key, one.byte_count) for one in due]
        planned.order = catalog.removals.plan(lifecycle.leaving, items, lifecycle.who)
    return planned


def run(lifecycle: Lifecycle, no: int) -> Removed:
    """Remove what an approved order lists, as far as it may be; may be run again, also after a crash."""
    catalog = lifecycle.parts.catalog
    order = catalog.removals.order(no)
    if order.approved_by is None:
        raise UserError(
            say(
                "Order {number} is not approved; have somebody else than {person} look at it: “paperproof "
                "storage lifecycle approve {number}”.",
                number=no,
                person=order.planned_by,
            )
        )
    with FileLock(lifecycle.parts.workspace.locks / "lifecycle.lock"):
        keys = catalog.removals.items(no)
        removed = Removed(listed=len(keys))
        lifecycle.progress.total(len(keys))
        for key in keys:
            try:
                _remove(lifecycle, order, key, removed)
            except StoreError as error:
                removed.failed += 1
                removed.tell(error.message)
            lifecycle.progress.step(say("looked at {name}", name=key[-12:]))
    removed.must_add_up()
    return removed


def _remove(lifecycle: Lifecycle, order: Order, key: str, removed: Removed) -> None:
    catalog, store = lifecycle.parts.catalog, lifecycle.stores.healable[order.place]
    lifecycle.at("removal_due")
    begun = key in catalog.removals.places([key]) and not store.versions(key)
    if not begun:  # else it was deleted already, and the run died
        if why := _refusal(lifecycle, order, key):
            catalog.removals.stay(order, key, lifecycle.who)
            removed.refused += 1
            removed.tell(why)
            return
        if why := what_locks(lifecycle.parts, store, key):
            catalog.removals.stay(order, key, lifecycle.who)
            removed.locked += 1
            removed.tell(why)
            return
        catalog.removals.leave(order, key, lifecycle.who)
        lifecycle.at("removal_entered")
        try:
            approval = f"removal order {order.no}"
            delete_versions(store, key, approval, lambda: lifecycle.at("version_deleted"))
        except Locked as error:
            catalog.removals.stay(order, key, lifecycle.who)
            removed.locked += 1
            removed.tell(error.message)
            return
    lifecycle.at("absence_seen")
    catalog.removals.gone(order, key)
    removed.removed += 1
    lifecycle.at("removal_done")


def _refusal(lifecycle: Lifecycle, order: Order, key: str) -> Message | None:
    """Why a copy must not go now; the online copy that stays is read in full before anything is deleted."""
    staying = Place.PRIMARY if order.place is Place.REPLICA else Place.REPLICA
    now = lifecycle.parts.catalog.removals.candidate(key, order.place, staying)
    if now is None:
        return say("{key} is not in the register; run “paperproof storage sweep”.", key=key)
    if why := _too_few(lifecycle, now):
        return why
    whole = _is_whole(lifecycle.stores.healable[staying], key, now.sha256)
    lifecycle.at("staying_proved")
    if not whole:
        return say(
            "{key} keeps its copy: the one in the {place} is not whole; run “paperproof storage verify”.",
            key=key,
            place=PLACES[staying],
        )
    return None


def _is_whole(store: Store, key: str, sha256: str) -> bool:
    """Read a copy in full; raises a StoreError where nothing can be said of it."""
    try:
        deque(proved_pieces(store, key, sha256), maxlen=0)
    except (NotFound, Corrupt):
        return False
    return True


def _too_few(lifecycle: Lifecycle, one: Candidate) -> Message | None:
    """Why an object has too few copies besides the one that is to go; only proven ones count."""
    least = lifecycle.parts.settings.lifecycle.least_copies
    online = one.staying in HELD and _lately(lifecycle, one.staying_verified_at)
    volume = one.volume if one.cold in HELD else None
    shelf = volume in lifecycle.on_shelf and _lately(lifecycle, one.cold_verified_at)
    carriers = lifecycle.on_carriers[volume] if volume else 0
    proven = online + shelf + carriers
    if online and (shelf or carriers) and proven >= least:
        return None
    return say(
        "{key} keeps its copy: without it there would be {count} proven ones, and {least} are to be, one of "
        "them online and one cold.",
        key=one.key,
        count=proven,
        least=least,
    )


def _lately(lifecycle: Lifecycle, at: datetime | None) -> bool:
    return at is not None and at >= lifecycle.since
