"""The restore drill: everything into an empty place from one copy alone, proved to be the same (CG-17.2c)."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from catalog.catalog import Catalog
from catalog.drills import Drill
from flows.progress import Progress
from flows.rebuild import Shelf, rebuild
from pipeline.errors import Full, StoreError
from pipeline.language import Message, say
from pipeline.signature import Signer
from storage.folder import FolderStore
from storage.store import NoteKind, digest, sha256_of_key
from storage.vault import Vault

STEPS = ("drill_object_restored", "drill_catalog_rebuilt", "drill_compared", "drill_recorded")
"""The steps of a drill; killed anywhere, the next drill begins with an empty place."""


@dataclass
class Restored:
    """What a drill brought back, and every fault of it."""

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

    @property
    def objects(self) -> FolderStore:
        """Where the objects are restored to."""
        return FolderStore(self.place / "objects")


def restore_objects(drill: Drilling, restored: Restored) -> None:
    """Restore every object of the source, each proved by its name."""
    _room_for(drill)
    store = drill.objects
    store.ensure_folder()
    drill.progress.total(drill.live.copies.total()[0])
    for key in drill.source.iter_keys(""):
        sha256 = sha256_of_key(key)
        if sha256 is None:
            continue  # none of ours: the probe of a store's self-test
        try:
            _restore(drill, store, key, sha256, restored)
        except StoreError as error:
            restored.fail(error.message)
        drill.at("drill_object_restored")
        drill.progress.step(say("restored {name}", name=sha256[:8]))


def _restore(
    drill: Drilling, store: FolderStore, key: str, sha256: str, restored: Restored
) -> None:
    content = drill.source.read(key)
    if digest(content) != sha256 or (drill.against and drill.against.read(key) != content):
        restored.fail(say("{key} came back with other bytes than were stored.", key=key))
        return
    store.put_once(key, content, sha256)
    restored.objects += 1
    restored.byte_count += len(content)


def rebuild_catalog(drill: Drilling, restored: Restored) -> None:
    """Rebuild the catalog from what was restored, and hold it against the one in use, row by row."""
    catalog = Catalog.create_empty(f"sqlite:///{drill.place / 'catalog.sqlite'}")
    try:
        rebuilt = rebuild(drill.objects, catalog, drill.progress)
        drill.at("drill_catalog_rebuilt")
        restored.rows = rebuilt.rows
        restored.faults += rebuilt.faults
        for number in rebuilt.gaps:
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
    vault: Vault,
    signer: Signer,
    who: str,
) -> Drill:
    """Sign what the drill gave and keep it: as a note in both stores, then in the catalog."""
    done = Drill(
        at=datetime.now(UTC),
        who=who,
        source=str(drill.source.describe()),
        compared=drill.against is not None,
        objects=restored.objects,
        byte_count=restored.byte_count,
        rows=restored.rows,
        faults=tuple(fault.in_language("en") for fault in restored.faults),
        seconds=round(restored.seconds, 1),
        behind_seconds=round(behind_seconds, 1),
    )
    signed = replace(done, signature=signer.sign(done.content()))
    note = {"record": done.content().decode(), "signature": vars(signed.signature)}
    vault.keep_note(NoteKind.DRILL, json.dumps(note, ensure_ascii=False, sort_keys=True).encode())
    drill.live.drills.keep(signed)
    drill.at("drill_recorded")
    return signed


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
    """Tell every row that differs and was not changed since the last bundle."""
    later = drill.live.bundles.changed_rows()
    for found in drill.live.differences(catalog):
        if (found.table, found.key) not in later:
            restored.fail(
                say(
                    "Row {key} of the table {table} came back otherwise.",
                    key=", ".join(map(str, found.key)),
                    table=found.table,
                )
            )
    for key in drill.live.verifications.all_keys():
        if drill.objects.head(key) is None:
            restored.fail(say("{key} did not come back.", key=key))


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
