"""The restore drill: everything into an empty place from one copy alone, proved to be the same (CG-17.2c)."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from catalog.bundles import rows_of
from catalog.catalog import Catalog
from catalog.drills import Drill
from catalog.rows import RowKey
from flows.progress import Progress
from flows.rebuild import rebuild
from pipeline.copies import Place
from pipeline.errors import Full, NotFound, StoreError, Unavailable
from pipeline.language import Message, say
from pipeline.signature import Signer
from storage.folder import FolderStore
from storage.proof import Shelf, first_verified, proved_pieces
from storage.store import NoteKind, digest, note_key, sha256_of_key
from storage.vault import Vault

_Row = tuple[str, RowKey]

STEPS = ("drill_object_restored", "drill_catalog_rebuilt", "drill_compared", "drill_entered")
"""The steps of a drill; killed anywhere, the next drill begins with an empty place."""


@dataclass(frozen=True)
class Start:
    """How far the catalog in use was when a drill began; what comes later is none of its business."""

    at: datetime
    bundle: int
    """Number of the last bundle."""


@dataclass
class Restored:
    """What a drill brought back, and every fault of it."""

    start: Start
    compared: bool
    """Whether the other copy answered to the end."""
    objects: int = 0
    byte_count: int = 0
    rows: int = 0
    seconds: float = 0.0
    faults: list[Message] = field(default_factory=list)

    def fail(self, message: Message) -> None:
        """Take a fault; the drill goes on and names the next."""
        self.faults.append(message)


@dataclass(frozen=True)
class Drilling:
    """The surroundings of one drill."""

    live: Catalog
    source: Shelf
    """The copy that everything is restored from."""
    place: Path
    """An empty folder: ``objects`` and ``catalog.sqlite`` are made in it."""
    progress: Progress
    against: Shelf | None = None
    """Another copy that the restored bytes are compared with; None: only with their names, the SHA-256."""
    at: Callable[[str], None] = lambda _step: None
    source_place: Place | None = None
    """Which copy the source is: what was removed there on purpose need not come back from it."""
    against_place: Place | None = None

    @cached_property
    def not_in_source(self) -> frozenset[str]:
        """Objects that were removed from the source on purpose."""
        return self.live.removals.at(self.source_place) if self.source_place else frozenset()

    @cached_property
    def not_in_other(self) -> frozenset[str]:
        """Objects that were removed from the other copy on purpose."""
        return self.live.removals.at(self.against_place) if self.against_place else frozenset()

    @property
    def objects(self) -> FolderStore:
        """Where the objects are restored to."""
        return FolderStore(self.place / "objects")


def begin(drill: Drilling) -> Restored:
    """Begin a drill: what it brings back is held against the catalog as it is now."""
    start = Start(datetime.now(UTC), drill.live.bundles.last_number())
    return Restored(start, compared=drill.against is not None)


def restore_objects(drill: Drilling, restored: Restored) -> None:
    """Restore every object of the source, each proved by its name; memory stays flat."""
    _room_for(drill)
    store = drill.objects
    store.ensure_folder()
    drill.progress.total(drill.live.copies.total()[0])
    for key in drill.source.iter_keys(""):
        sha256 = sha256_of_key(key)
        if sha256 is None:
            continue  # none of ours: the probe of a store's self-test
        _restore(drill, store, key, sha256, restored)
        _compare_object(drill, key, sha256, restored)
        drill.at("drill_object_restored")
        drill.progress.step(say("restored {name}", name=sha256[:8]))


def _restore(
    drill: Drilling, store: FolderStore, key: str, sha256: str, restored: Restored
) -> None:
    try:
        store.put_pieces(key, proved_pieces(drill.source, key, sha256))
    except StoreError as error:
        restored.fail(error.message)
        return
    found = store.head(key)
    restored.objects += 1
    restored.byte_count += found.byte_count if found else 0


def _compare_object(drill: Drilling, key: str, sha256: str, restored: Restored) -> None:
    """Read the object's other copy in full; what is wrong with it is told as that copy's fault."""
    if drill.against is None or not restored.compared or key in drill.not_in_other:
        return
    try:
        for _ in proved_pieces(drill.against, key, sha256):
            pass
    except NotFound as error:
        # What came in meanwhile may be on its way between the stores.
        entered = drill.live.copies.entered_at(key)
        if entered and entered <= restored.start.at:
            restored.fail(error.message)
    except Unavailable as error:  # asking it for each of the others would take hours
        restored.compared = False
        restored.fail(error.message)
    except StoreError as error:
        restored.fail(error.message)


def rebuild_catalog(drill: Drilling, restored: Restored) -> None:
    """Rebuild the catalog from what was restored, and hold it against the one in use, row by row."""
    catalog = Catalog.create_empty(f"sqlite:///{drill.place / 'catalog.sqlite'}")
    try:
        last = drill.live.bundles.last_sha256() or ""
        rebuilt = rebuild(
            (drill.objects,), catalog, drill.progress, only=drill.source_place, preferred=last
        )
        drill.at("drill_catalog_rebuilt")
        restored.rows = rebuilt.rows
        restored.faults += rebuilt.faults
        for name in sorted(rebuilt.unknown):
            restored.fail(say("No table of this program takes {name}.", name=name))
        for number in rebuilt.gaps:
            if number > restored.start.bundle:
                continue  # it was being kept while the stores were listed
            restored.fail(say("Bundle {number} of the catalog is missing.", number=number))
        for sha256, name in rebuilt.missing:
            restored.fail(say("Page {name} ({sha256}) is missing.", name=name, sha256=sha256[:12]))
        _compare(drill, catalog, restored)
    finally:
        catalog.close()
    drill.at("drill_compared")


def record(
    drill: Drilling,
    restored: Restored,
    behind_seconds: float,
    signer: Signer,
    who: str,
) -> Drill:
    """Sign what the drill gave and enter it in the catalog; ``keep_records`` keeps it in the stores."""
    done = Drill(
        at=datetime.now(UTC),
        who=who,
        source=str(drill.source.describe()),
        compared=restored.compared,
        objects=restored.objects,
        byte_count=restored.byte_count,
        rows=restored.rows,
        faults=tuple(fault.in_language("en") for fault in restored.faults),
        seconds=round(restored.seconds, 1),
        behind_seconds=round(behind_seconds, 1),
    )
    signed = replace(done, signature=signer.sign(done.content()))
    drill.live.drills.keep(signed)
    drill.at("drill_entered")
    return signed


def keep_records(catalog: Catalog, vault: Vault) -> tuple[Message, ...]:
    """Keep the record of each drill in both stores too; what a store refused once is kept by the next run.

    Returns what the stores said where they could not.
    """
    notes = {
        note_key(NoteKind.DRILL, digest(note)): note
        for note in (one.note() for one in catalog.drills.all())
    }
    try:
        for key in notes.keys() - catalog.copies.known(tuple(notes)):
            vault.keep_note(NoteKind.DRILL, notes[key])
        vault.flush()
    except StoreError as error:
        return (error.message,)
    return ()


def behind(catalog: Catalog) -> float:
    """Seconds of acts that would be lost with the database now: since the last bundle, 0 when none wait."""
    unbundled = catalog.bundles.unbundled()
    if not unbundled.changes or unbundled.last_at is None:
        return 0.0
    return (datetime.now(UTC) - unbundled.last_at).total_seconds()


def timed(restored: Restored, act: Callable[[], None]) -> None:
    """Do one part of a drill and count its time."""
    begun = time.monotonic()
    act()
    restored.seconds += time.monotonic() - begun


def _compare(drill: Drilling, catalog: Catalog, restored: Restored) -> None:
    """Tell every row that differs, less those changed since the last bundle that the drill began with."""
    found = list(drill.live.differences(catalog))
    later = _changed_since(drill, restored) if found else frozenset()
    for one in found:
        if (one.table, one.key) not in later:
            restored.fail(
                say(
                    "Row {key} of the table {table} came back otherwise.",
                    key=", ".join(map(str, one.key)),
                    table=one.table,
                )
            )
    for key in drill.live.verifications.all_keys(restored.start.at):
        if key not in drill.not_in_source and drill.objects.head(key) is None:
            restored.fail(say("{key} did not come back.", key=key))


def _changed_since(drill: Drilling, restored: Restored) -> frozenset[_Row]:
    """Rows that no bundle has as they are, or only one that was kept after the drill began."""
    # In this order: a row that is bundled in between is found in the bundle.
    later = set(drill.live.bundles.changed_rows())
    shelves = [shelf for shelf in (drill.against, drill.source) if shelf]
    for sha256 in drill.live.bundles.after(restored.start.bundle):
        try:
            later |= rows_of(first_verified(shelves, note_key(NoteKind.CATALOG, sha256), sha256))
        except StoreError as error:
            restored.fail(error.message)
    return frozenset(later)


def _room_for(drill: Drilling) -> None:
    wanted = drill.live.copies.total()[1]
    free = shutil.disk_usage(drill.place).free
    if free < wanted * 1.1:
        raise Full(
            say(
                "The drill needs {wanted} MB in {folder}, where {free} MB are free; name a larger place "
                "with --into.",
                wanted=int(wanted * 1.1) >> 20,
                folder=drill.place,
                free=free >> 20,
            )
        )
