"""An approved list carried out (CG-20c, CG-20d): index entries, online copies, volumes that nothing needs.

Papers and carriers are destroyed by people and confirmed one by one.

Every item is judged once more just before it goes: a hold that was set meanwhile stops it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from filelock import FileLock

from catalog.destructions import item_of
from flows.deleting import delete_versions, what_locks
from flows.destruction_due import Due
from flows.destruction_list import SHELF, volume_and_place
from flows.parts import Parts
from flows.progress import Progress
from flows.stores import Stores
from pipeline.clocks import ZONE
from pipeline.destruction import BY_HAND, ONLINE, ItemKind, ItemState, Method, Order, OrderState
from pipeline.destruction_rules import check_presence
from pipeline.errors import Locked, StoreError, UserError
from pipeline.language import Message, say
from storage.store import sha256_of_key

STEPS = (
    "destruction_due",
    "destruction_entered",
    "index_erased",
    "destroyed_version_deleted",
    "destruction_seen",
    "destruction_done",
)
"""The named steps of one item's destruction; ``at`` is called when each is reached."""

_SHOWN = 20


@dataclass(frozen=True)
class Destroying:
    """The surroundings of one carrying out."""

    parts: Parts
    stores: Stores
    due: Due
    who: str
    progress: Progress
    at: Callable[[str], None] = lambda _step: None

    def begun(self, order: Order, one: ItemState, method: Method, present: Collection[str]) -> None:
        """Enter that an item goes, and pass the step."""
        self.parts.catalog.destructions.begin(order.no, one, method, self.who, present)
        self.at("destruction_entered")

    def done(self, order: Order, one: ItemState) -> None:
        """Enter that an item is gone, as was seen."""
        self.at("destruction_seen")
        self.parts.catalog.destructions.gone(order.no, one, self.who)
        self.at("destruction_done")


@dataclass
class CarriedOut:
    """What became of a list's items: listed = destroyed + stopped + locked + failed + by hand."""

    listed: int = 0
    destroyed: int = 0
    stopped: int = 0
    """A hold, a rule or something open keeps them now."""
    locked: int = 0
    failed: int = 0
    """A store could not be asked, or did not do it; the next run goes on."""
    by_hand: int = 0
    """Papers, carriers and volumes that people have to see to."""
    told: list[Message] = field(default_factory=list)

    def must_add_up(self) -> None:
        """Fail when an item was lost on the way."""
        parts = self.destroyed + self.stopped + self.locked + self.failed + self.by_hand
        if self.listed != parts:
            raise AssertionError(f"{self} does not add up")

    def tell(self, message: Message) -> None:
        """Keep the first sentences for people."""
        if len(self.told) < _SHOWN:
            self.told.append(message)


def carry_out(destroying: Destroying, no: int) -> CarriedOut:
    """Destroy what an approved list names, as far as it may be; may be run again, also after a crash.

    Raises UserError while too few supervisors are present today.
    """
    parts = destroying.parts
    order = parts.catalog.destructions.order(no)
    if order.state is OrderState.CARRIED_OUT:
        return CarriedOut()
    present = _present(destroying, order)
    with FileLock(parts.workspace.locks / "lifecycle.lock"):
        open_items = [one for one in order.items if one.open]
        done = CarriedOut(listed=len(open_items))
        destroying.progress.total(len(open_items))
        for one in open_items:
            try:
                _destroy(destroying, order, one, present, done)
            except StoreError as error:
                done.failed += 1
                done.tell(error.message)
            destroying.progress.step(say("looked at {name}", name=one.item.name[-12:]))
    done.must_add_up()
    return done


def confirm(destroying: Destroying, no: int, number: int, method: Method) -> None:
    """Enter that people destroyed a paper or a carrier; raises UserError where it must not have gone."""
    parts = destroying.parts
    order = parts.catalog.destructions.order(no)
    present = _present(destroying, order)
    one = item_of(order, number)
    if one.item.kind not in BY_HAND or not one.open:
        raise UserError(
            say(
                "Item {number} of list {no} is not to be confirmed: it is gone, taken off, or destroyed by "
                "“paperproof destroy carry-out”.",
                number=number,
                no=no,
            )
        )
    destroying.at("destruction_due")
    if why := _stops(destroying, order, one):
        raise UserError(say("{name} must not be destroyed: {why}.", name=one.item.name, why=why))
    destroying.begun(order, one, method, present)
    if one.item.kind is ItemKind.BACKUP:
        _withdraw_carrier(destroying, order, one)
    elif one.item.kind is ItemKind.PAPER:
        _mark(destroying, order, one)
    destroying.done(order, one)


def left_by_hand(order: Order) -> tuple[ItemState, ...]:
    """Give the papers and carriers of a list that people have to destroy and confirm."""
    return tuple(one for one in order.items if one.open and one.item.kind in BY_HAND)


def _present(destroying: Destroying, order: Order) -> tuple[str, ...]:
    rules = destroying.parts.settings.destruction
    return check_presence(order, rules, destroying.who, datetime.now(ZONE).date())


def _destroy(
    destroying: Destroying,
    order: Order,
    one: ItemState,
    present: Collection[str],
    done: CarriedOut,
) -> None:
    destroying.at("destruction_due")
    if one.item.kind is ItemKind.BACKUP:
        _backup(destroying, order, one, present, done)
        return
    if one.item.kind in BY_HAND:
        done.by_hand += 1
        return
    half_done = one.begun_at is not None and _is_away(destroying, one)
    if not half_done and (why := _stops(destroying, order, one)):
        destroying.parts.catalog.destructions.stay(order.no, one, destroying.who)
        done.stopped += 1
        done.tell(say("{name} stays: {why}.", name=one.item.name, why=why))
        return
    if not half_done and (why := _locks(destroying, one)):
        destroying.parts.catalog.destructions.stay(order.no, one, destroying.who)
        done.locked += 1
        done.tell(why)
        return
    destroying.begun(order, one, Method.ERASED, present)
    try:
        _erase(destroying, order, one)
    except Locked as error:
        destroying.parts.catalog.destructions.stay(order.no, one, destroying.who)
        done.locked += 1
        done.tell(error.message)
        return
    destroying.done(order, one)
    done.destroyed += 1


def _stops(destroying: Destroying, order: Order, one: ItemState) -> Message | None:
    """Why an item must not go now, though the list was approved."""
    item, due = one.item, destroying.due
    if item.kind in (*ONLINE, ItemKind.PLACE):
        return due.object(item.name.partition("@")[0]).refusal
    if item.kind is ItemKind.INDEX:
        return due.page(item.name).refusal
    if item.kind is ItemKind.BACKUP:
        return _needed(destroying, order, volume_and_place(item)[0])
    paper = due.keeper.voucher_named(item.name)
    return due.paper(paper).refusal if paper else say("the archive knows of no such paper")


def _is_away(destroying: Destroying, one: ItemState) -> bool:
    """Whether both stores have no version of it: it was deleted already, and the run died."""
    return one.item.kind in ONLINE and not any(
        store.versions(one.item.name) for store in destroying.stores.healable.values()
    )


def _locks(destroying: Destroying, one: ItemState) -> Message | None:
    """What locks an object at either store: both are free before anything is deleted."""
    if one.item.kind not in ONLINE:
        return None
    for store in destroying.stores.healable.values():
        if why := what_locks(destroying.parts, store, one.item.name):
            return why
    return None


def _erase(destroying: Destroying, order: Order, one: ItemState) -> None:
    if one.item.kind is ItemKind.INDEX:
        destroying.parts.catalog.texts.erase(one.item.name, destroying.who, f"list {order.no}")
        destroying.at("index_erased")
        return
    key = one.item.name
    for store in destroying.stores.healable.values():
        delete_versions(
            store,
            key,
            f"destruction list {order.no}",
            lambda: destroying.at("destroyed_version_deleted"),
        )
    (destroying.parts.workspace.spool / str(sha256_of_key(key))).unlink(missing_ok=True)


def _backup(
    destroying: Destroying,
    order: Order,
    one: ItemState,
    present: Collection[str],
    done: CarriedOut,
) -> None:
    """Remove a volume from its folder once nothing else needs it; a carrier is destroyed by people."""
    name, place = volume_and_place(one.item)
    destroying.parts.catalog.volumes.leave(name, f"list {order.no}", destroying.who)
    why = _needed(destroying, order, name)
    if why or place != SHELF:
        done.by_hand += 1
        if why:
            done.tell(say("{name} stays: {why}.", name=one.item.name, why=why))
        return
    destroying.begun(order, one, Method.ERASED, present)
    destroying.stores.cold.remove(name)
    destroying.parts.catalog.volumes.emptied(name)
    destroying.done(order, one)
    done.destroyed += 1


def _needed(destroying: Destroying, order: Order, volume: str) -> Message | None:
    """Why a volume must stay: objects of the list are not gone yet, or others are nowhere else cold."""
    own = {one.item.name for one in order.items if one.item.kind in ONLINE and not one.withdrawn}
    now = destroying.parts.catalog.destructions.order(order.no)
    if any(one.open for one in now.items if one.item.kind in ONLINE):
        return say("first what is online goes, then its backups")
    others = [
        one for one in destroying.parts.catalog.volumes.objects_in(volume) if one.key not in own
    ]
    if others:
        return say(
            "{count} other objects have their cold copy in it; “paperproof cold pack” puts them into another "
            "volume",
            count=len(others),
        )
    return None


def _mark(destroying: Destroying, order: Order, one: ItemState) -> None:
    """Enter in the customer's archive that a paper is destroyed."""
    paper = destroying.due.keeper.voucher_named(one.item.name)
    archives = destroying.parts.catalog.archives
    if paper and (found := archives.of_voucher(*paper.place)):
        archives.destroyed(*found, f"list {order.no}", destroying.who)


def _withdraw_carrier(destroying: Destroying, order: Order, one: ItemState) -> None:
    """Enter that a carrier is no more; raises UserError while another volume is proven on it alone."""
    catalog, shelf = destroying.parts.catalog, destroying.stores.cold
    volume, number = volume_and_place(one.item)
    own = {
        volume_and_place(other.item)[0]
        for other in order.items
        if other.item.kind is ItemKind.BACKUP
    }
    spared = {name for name in own if _needed(destroying, order, name) is None}
    if catalog.carriers.one(number).in_use:
        reason = f"destroyed, list {order.no}"
        catalog.carriers.withdraw(number, reason, destroying.who, {*shelf.everything(), *spared})
    catalog.volumes.emptied(volume)
