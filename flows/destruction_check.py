"""Whether what was destroyed is nowhere: stores with older versions, spool, index, volumes (CG-20d)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from flows.destroying import Destroying
from flows.destruction_list import SHELF, volume_and_place
from pipeline.copies import PLACES
from pipeline.destruction import ONLINE, ItemKind, ItemState
from pipeline.destruction_rules import check_verification
from pipeline.errors import StoreError
from pipeline.language import Message, say
from storage.store import sha256_of_key


@dataclass
class Absence:
    """What a verification looked at, and what it found still there."""

    looked: dict[str, int] = field(default_factory=dict)
    """Kind of item -> items looked for."""
    found: list[Message] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether nothing was found."""
        return not self.found


def verify(destroying: Destroying, no: int) -> Absence:
    """Look for every item of a list everywhere; when none is anywhere, the list is closed for good.

    What is found again is to be destroyed again; the list stays open. Raises UserError while something is
    left to be destroyed, and for somebody who destroyed some of it.
    """
    catalog = destroying.parts.catalog
    order = catalog.destructions.order(no)
    check_verification(order, destroying.who)
    absence = Absence()
    gone = [one for one in order.items if not one.withdrawn]
    destroying.progress.total(len(gone))
    for one in gone:
        traces = list(_traces(destroying, one))
        absence.found += traces
        absence.looked[one.item.kind] = absence.looked.get(one.item.kind, 0) + 1
        if traces:
            catalog.destructions.back(no, one, destroying.who)
        destroying.progress.step(say("looked for {name}", name=one.item.name[-12:]))
    if absence.complete:
        catalog.destructions.end(no, absence.looked, destroying.who)
    return absence


def _traces(destroying: Destroying, one: ItemState) -> Iterator[Message]:
    """Say of every place where an item still is, or that could not be asked."""
    try:
        if one.item.kind in ONLINE:
            yield from _of_object(destroying, one.item.name)
        elif one.item.kind is ItemKind.INDEX:
            if destroying.parts.catalog.texts.indexed(one.item.name) is not None:
                yield say("The words of page {page} are in the index.", page=one.item.name[:12])
        elif one.item.kind is ItemKind.BACKUP:
            yield from _of_backup(destroying, one)
    except StoreError as error:
        yield error.message


def _of_object(destroying: Destroying, key: str) -> Iterator[Message]:
    for place, store in destroying.stores.healable.items():
        if versions := store.versions(key):
            yield say(
                "{key} is in the {place}, in {count} versions.",
                key=key,
                place=PLACES[place],
                count=len(versions),
            )
    if (destroying.parts.workspace.spool / str(sha256_of_key(key))).exists():
        yield say("{key} is in the spool.", key=key)
    if destroying.stores.cold.head(key):
        yield say("{key} is in a volume in the folder of volumes.", key=key)


def _of_backup(destroying: Destroying, one: ItemState) -> Iterator[Message]:
    volume, place = volume_and_place(one.item)
    if place == SHELF:
        if volume in destroying.stores.cold.everything():
            yield say("{volume} is in the folder of volumes.", volume=volume)
    elif destroying.parts.catalog.carriers.one(place).in_use:
        yield say("The carrier {number} is in use.", number=place)
