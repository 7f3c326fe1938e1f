"""What has no cold copy yet into volumes, that anybody can read without Paperproof (CG-17.2a)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from filelock import FileLock

from catalog.copies import Copy, KeptObject
from catalog.volumes import PagePlace, Volume
from flows.bundling import keep_changes
from flows.cold_settings import VolumeSettings
from flows.encrypting import key_notes, sealing_of, sealing_shelf
from flows.parts import Parts
from flows.progress import Progress
from flows.stores import Stores
from flows.volume_files import about, file_of, pages_csv, read_me
from pipeline.copies import CopyState, Place, size
from pipeline.errors import StoreError
from pipeline.language import Message, say
from storage.bags import Packed, VolumeCheck
from storage.content import size_of
from storage.store import Content, NoteKind
from storage.volumes import volume_name

STEPS = ("packing_begun", "entering", "volume_entered")
"""The steps of packing, beside those of making a volume (``storage.volumes``)."""

_OWN_ACTS = frozenset({"volume", "volume_act", "carrier", "carrier_act", "page", "pages"})
"""Tables and acts of packing and of carriers. ``page`` alone is the mark that a page has a cold copy: a new
page never comes without its delivery."""
_NAMED = ("obj", "digital")
"""Kinds of objects that have a place for people: pages, and files of born-digital packages."""
_INDEXES = 1.01
"""What the indexes beside the objects take, measured: under 1 %."""

IN_MEMORY = 64 << 20
"""Larger objects are never held in memory: the films of born-digital packages."""

_AT_ONCE = 2_000
"""Objects entered in one transaction."""


@dataclass(frozen=True)
class Packing:
    """The surroundings of one packing."""

    parts: Parts
    stores: Stores
    who: str
    progress: Progress
    at: Callable[[str], None] = lambda _step: None


@dataclass
class PackedVolumes:
    """What a packing made, and what it had to leave."""

    volumes: list[VolumeCheck]
    objects: int
    left: list[Message]
    """Objects that no store could give: they stay on the list of what has no cold copy."""
    notes: list[Message] = field(default_factory=list)
    """What else people should know of the volumes."""


def pack(packing: Packing, *, everything: bool = False, own_acts: bool = False) -> PackedVolumes:
    """Pack what is due; ``everything``: also what could wait for a fuller volume. May be run again.

    Due: as soon as a whole volume is full, or when the oldest object waits for ``pack_after_days``; never by
    what packing itself entered in the catalog, else there were no end: that goes into the next volume, unless
    ``own_acts`` asks for it.
    """
    parts, done = packing.parts, PackedVolumes([], 0, [])
    with FileLock(parts.workspace.locks / "packing.lock"):
        packing.at("packing_begun")
        packing.stores.cold.clear_leftovers()
        packing.stores.vault.flush()
        _enter_named(packing)
        keep_changes(parts.catalog.bundles, packing.stores.vault)
        packing.stores.vault.flush()
        copies, rules = parts.catalog.copies, parts.settings.volumes
        packing.progress.total(sum(one.objects for one in copies.waiting()))
        for some in _portions(copies.not_in_volume(), rules):
            due = everything or _is_due(some, parts)
            if due and (own_acts or not _of_packing(packing, some)):
                _pack_one(packing, some, done)
        if done.volumes:
            done.notes += key_notes(parts)
    return done


def _is_due(some: Sequence[KeptObject], parts: Parts) -> bool:
    rules = parts.settings.volumes
    full = sum(rules.bytes_of(one.byte_count) for one in some) >= 0.9 * rules.volume_mb * 10**6
    if full or len(some) >= rules.volume_objects:
        return True
    oldest = min((one.stored_at for one in some if one.stored_at), default=datetime.now(UTC))
    return oldest <= datetime.now(UTC) - timedelta(days=rules.pack_after_days)


def _of_packing(packing: Packing, some: Sequence[KeptObject]) -> bool:
    """Whether these are only bundles of what packing and its checks entered in the catalog."""
    if any(one.kind != NoteKind.CATALOG for one in some):
        return False
    try:
        contents = (packing.stores.vault.read_object(one.key, one.sha256) for one in some)
        return all(act in _OWN_ACTS for content in contents for act in _acts(content))
    except StoreError:
        return False  # what is wrong with it is told when it is packed


def _acts(bundle: bytes) -> Iterator[str]:
    """What a bundle's rows are of: the first word of a log entry's act, else the table."""
    for line in bundle.splitlines()[1:]:
        one = json.loads(line)
        is_entry = one["table"] == "log" and "row" in one
        yield json.loads(one["row"]["body"])["act"].partition(".")[0] if is_entry else one["table"]


def _portions(objects: Iterable[KeptObject], rules: VolumeSettings) -> Iterator[list[KeptObject]]:
    """Cut what waits into portions that a volume may hold; a larger object gets one of its own."""
    some: list[KeptObject] = []
    byte_count = 0
    for one in objects:
        taken = rules.bytes_of(one.byte_count)
        full = byte_count + taken > rules.volume_mb * 10**6 or len(some) >= rules.volume_objects
        if some and full:
            yield some
            some, byte_count = [], 0
        some.append(one)
        byte_count += taken
    if some:
        yield some


def _pack_one(packing: Packing, some: Sequence[KeptObject], done: PackedVolumes) -> None:
    shelf, catalog = packing.stores.cold, packing.parts.catalog
    numbers = (name.removeprefix("PP-") for name in (*shelf.everything(), *catalog.volumes.names()))
    name = volume_name(max(map(int, numbers), default=0) + 1)
    places = catalog.volumes.places([one.sha256 for one in some if one.kind in _NAMED])
    shelf.check()
    sealing = sealing_of(packing.parts, packing.at)
    made_on = sealing_shelf(packing.parts) if sealing else shelf
    check = made_on.make(
        name,
        _contents(packing, some, places, done),
        lambda packed: {
            PurePosixPath("index/pages.csv"): pages_csv(places, packed),
            PurePosixPath("READ ME 说明.txt"): read_me(),
        },
        about(packing.parts, name),
        packing.at,
        0 if sealing else packing.parts.settings.volumes.parity,
    )
    if check is None:
        return
    if sealing:
        check = shelf.seal(check, made_on, sealing)
        made_on.discard()
    done.volumes.append(check)
    done.objects += _enter(packing, check)
    rules = packing.parts.settings.volumes
    if rules.bytes_of(check.byte_count) > rules.volume_mb * 10**6 * _INDEXES:
        done.notes.append(
            say(
                "The volume {name} has {size}, more than volume_mb allows: one of its objects is larger than "
                "a whole volume; take a larger carrier for it.",
                name=name,
                size=size(check.byte_count),
            )
        )


def _contents(
    packing: Packing,
    some: Iterable[KeptObject],
    places: Mapping[str, Sequence[PagePlace]],
    done: PackedVolumes,
) -> Iterator[tuple[Packed, Content]]:
    """Give the objects that a store can still give whole; the others are told and left."""
    for one in some:
        packing.progress.step(say("packed {name}", name=one.sha256[:8]))
        try:
            content = _content(packing, one)
        except StoreError as error:
            done.left.append(error.message)
            continue
        file = file_of(one.key, one.sha256, places.get(one.sha256, ()))
        yield Packed(one.key, file, one.sha256, size_of(content)), content


def _content(packing: Packing, one: KeptObject) -> Content:
    """An object's bytes; of a large one a file, so that memory stays flat."""
    vault, spool = packing.stores.vault, packing.parts.workspace.spool
    if one.byte_count <= IN_MEMORY:
        return vault.read_object(one.key, one.sha256)
    path = spool / f"{one.sha256}.packing"  # one packs at a time; what a crash leaves is swept
    vault.copy_to(path, one.key, one.sha256)
    return path


def _enter(packing: Packing, check: VolumeCheck) -> int:
    """Enter a volume that has its name, and that its objects have a cold copy; give how many."""
    catalog = packing.parts.catalog
    packing.at("entering")
    objects = packing.stores.cold.objects_of(check.name)
    copies = (Copy(Place.COLD, CopyState.INTACT, check.name),)
    for start in range(0, len(objects), _AT_ONCE):
        some = objects[start : start + _AT_ONCE]
        catalog.copies.enter(
            [KeptObject(one.key, one.sha256, one.byte_count, copies) for one in some]
        )
    catalog.pages.mark_cold(
        [one.sha256 for one in objects if one.key.startswith("obj/")], packing.who
    )
    catalog.volumes.enter(
        Volume(
            name=check.name,
            objects=len(objects),
            byte_count=check.byte_count,
            made_at=datetime.now(UTC),
            manifest=check.manifest,
            sealed=check.sealed or None,
        ),
        packing.who,
    )
    packing.at("volume_entered")
    return len(objects)


def _enter_named(packing: Packing) -> None:
    """Enter volumes that a run named and died before it entered them, or that a rebuilt register has not."""
    catalog = packing.parts.catalog
    known, given_up = catalog.volumes.names(), catalog.volumes.given_up()
    for name in packing.stores.cold.everything():
        if name in given_up:
            continue
        if name not in known or not catalog.copies.any_in_volume(name):
            check = packing.stores.cold.verify(name)
            if check.whole:
                _enter(packing, check)
