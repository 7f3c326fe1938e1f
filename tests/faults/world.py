"""A small archive in a folder: stores, catalog, a batch of pages; and whether it keeps its promise.

Pages are bytes of seeded sizes: how pictures are opened is tested elsewhere, here only what becomes of bytes.
"""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from catalog.catalog import Catalog
from flows.admit_page import Intake
from flows.parts import Parts
from flows.register import BatchedRegister
from flows.settings import Settings
from flows.stores import Stores
from flows.workspace import Workspace
from ingest.admission import InspectedPage
from pipeline.balance import CatalogedPage
from pipeline.errors import StoreError
from pipeline.language import Message, say
from pipeline.measured import ScanParameters
from pipeline.model import Batch, ColourMode, DecodedPage, Finding, Severity, SplitPage
from pipeline.profile import SHIPPED, shipped_profile
from pipeline.scan_rules import ScanRules
from storage.folder import FolderStore
from storage.store import NoteKind, Store, digest, object_key
from storage.vault import Vault

DAY = date(2026, 11, 19)
BATCH = Batch("3301", DAY, "station-1", "wang", "batch-01")
NAMES = ("0001.jpg", "0002 同.jpg", "0003 再次.jpg", "0004 坏.jpg", "0005 两页.pdf")
"""Five files: the third is the first once more, the fourth is refused, the fifth holds two pages."""

_profile = cache(shipped_profile)

At = Callable[[str], None]
Wrap = Callable[[Store], Store]


class Silent:
    """Progress that nobody watches."""

    def total(self, count: int) -> None: ...

    def step(self, note: Message) -> None: ...


class NoOpener:
    """Nothing is opened here."""

    def split(self, content: bytes, name: str) -> list[SplitPage]:
        raise AssertionError(name)

    def decode(self, content: bytes, name: str | None = None) -> DecodedPage:
        raise AssertionError(name)


def as_it_is(store: Store) -> Store:
    return store


@dataclass(frozen=True)
class World:
    """One archive and the files that were delivered to it."""

    folder: Path
    moving: bool = False

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.folder)

    @property
    def scans(self) -> Path:
        return self.folder.with_name(f"{self.folder.name} scans")

    @property
    def delivered(self) -> Path:
        """What the scanner made, kept by the test alone."""
        return self.folder.with_name(f"{self.folder.name} delivered")

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self.delivered.iterdir())}

    @contextmanager
    def open(
        self, at: At = lambda _: None, wrap: Wrap = as_it_is, *, owing: bool = False
    ) -> Iterator[tuple[Parts, Stores]]:
        """Open the archive as a process of its own would."""
        settings = Settings(inbox={"quiet_seconds": 0}, least_free_mb=0)  # type: ignore[arg-type]
        catalog = Catalog.open(self.workspace.catalog_url(settings))
        try:
            register = BatchedRegister(catalog.copies)
            primary, replica = (wrap(store) for store in (self.store("p"), self.store("r")))
            vault = Vault(primary, replica, at, register, owing=owing)
            parts = Parts(self.workspace, settings, catalog)
            parts._profiles[""] = _profile(SHIPPED[0])
            yield parts, Stores(vault, self.store("cold"))
        finally:
            catalog.close()

    def store(self, name: str) -> FolderStore:
        return FolderStore(self.folder / name)

    def intake(self, parts: Parts, stores: Stores, at: At = lambda _: None) -> Intake:
        return Intake(parts, stores, NoOpener(), None, self.moving, at=at)


def new_world(folder: Path) -> World:
    """An empty archive: made once, then copied."""
    world = World(folder)
    world.workspace.create()
    settings = Settings()
    Catalog.create(world.workspace.catalog_url(settings)).close()
    for name in ("p", "r", "cold"):
        world.store(name).ensure_folder()
    Catalog.create_empty(f"sqlite:///{folder / 'empty.sqlite'}").close()
    return world


def delivered(template: World, folder: Path, seed: int, *, moving: bool = False) -> World:
    """A copy of an empty archive, with a batch of files delivered to it."""
    shutil.copytree(template.folder, folder)
    world = World(folder, moving)
    rng = random.Random(seed)
    pages = [rng.randbytes(rng.randrange(1, 50_000)) for _ in NAMES]
    pages[2] = pages[0]
    pages[3] = b"broken" + pages[3]
    pages[4] = b"%PDF" + pages[4] + bytes(2)
    for place in (world.scans, world.delivered):
        place.mkdir()
        for name, content in zip(NAMES, pages, strict=True):
            (place / name).write_bytes(content)
    return world


def copied(world: World, folder: Path) -> World:
    """The same world once more, in another place."""
    copy = World(folder, world.moving)
    for name in ("folder", "scans", "delivered"):
        shutil.copytree(getattr(world, name), getattr(copy, name))
    return copy


def split(name: str, content: bytes) -> list[tuple[str, bytes]]:
    """Name and bytes of each page of a file."""
    if not content.startswith(b"%PDF"):
        return [(name, content)]
    half = len(content) // 2
    return [(f"{name}#1", content[:half]), (f"{name}#2", content[half:])]


def inspect(
    content: bytes, name: str, opener: object, rules: ScanRules, grammar: str = ""
) -> Iterator[InspectedPage]:
    """Instead of ``ingest.admission.inspect``: judges by the first bytes."""
    broken = (Finding("Q01", Severity.REJECT, "–", "–", say("{name} is broken.", name=name)),)
    measured = ScanParameters(
        "JPEG", len(content), 1654, 2339, (200, 200), ColourMode.GREY, 0.0, 0.1, "0" * 16
    )
    for number, (page_name, page) in enumerate(split(name, content), 1):
        findings = broken if page.startswith(b"broken") else ()
        yield InspectedPage(
            page_name, SplitPage(number, page, ".jpg"), digest(page), measured, findings
        )


@dataclass
class Broken:
    """How a world broke its promise; all zero and empty: it did not."""

    lost: int = 0
    doubled: int = 0
    altered: int = 0
    unlisted: int = 0
    """Pages neither archived nor refused with a reason; objects nobody knows; acts off the record."""
    told: str = ""

    def fail(self, what: str, told: str) -> None:
        setattr(self, what, getattr(self, what) + 1)
        self.told = self.told or f"{what}: {told}"

    @property
    def kept(self) -> bool:
        return not self.told


def look(world: World, wrap: Wrap = as_it_is) -> Broken:
    """Hold everything against what was delivered."""
    broken = Broken()
    wanted = {
        page: content
        for name, delivered_file in world.files().items()
        for page, content in split(name, delivered_file)
    }
    with world.open(wrap=wrap) as (parts, stores):
        rows = parts.catalog.pages.of_day(DAY, BATCH.branch)
        _look_at_rows(broken, [row.name for row in rows], wanted)
        for row in rows:
            _look_at_page(world, broken, parts, stores, row, wanted.get(row.name, b""))
        admitted = [row.delivery_id for row in rows if row.state != "refused"]
        _look_at_receipts(broken, stores.vault, admitted)
        if parts.catalog.first_broken_log_entry() is not None:
            broken.fail("altered", "the log's chain is broken")
        entered = set(parts.catalog.copies.all_keys())
        for store in (stores.vault.primary, stores.vault.replica):
            for key in set(store.iter_keys("")) ^ entered:
                broken.fail("unlisted", f"{key} in {store.describe()}")
        if parts.catalog.debts.count():
            broken.fail("unlisted", "debts are left")
    _look_at_sources(world, broken)
    return broken


def _look_at_rows(broken: Broken, rows: list[str], wanted: dict[str, bytes]) -> None:
    names = Counter(rows)
    for name in wanted.keys() - names.keys():
        broken.fail("unlisted", f"{name} has no row")
    for name, count in names.items():
        if count > 1 or name not in wanted:
            broken.fail("doubled", f"{name} has {count} rows")


def _look_at_page(
    world: World, broken: Broken, parts: Parts, stores: Stores, row: CatalogedPage, content: bytes
) -> None:
    if row.state == "refused":
        place = str(parts.catalog.pages.quarantined(row.delivery_id))
        _compare(broken, row.name, content, world.workspace.quarantine / place)
        return
    for store in (stores.vault.primary, stores.vault.replica):
        _compare_copy(broken, row.name, content, store)


def _look_at_receipts(broken: Broken, vault: Vault, admitted: list[str]) -> None:
    receipts = Counter(json.loads(one)["delivery"] for one in vault.notes(NoteKind.RECEIPT))
    for one in receipts - Counter(admitted):
        broken.fail("doubled", f"receipt of {one}")
    for one in Counter(admitted) - receipts:
        broken.fail("lost", f"receipt of {one}")


def _look_at_sources(world: World, broken: Broken) -> None:
    """A folder is left as it is, an inbox is empty in the end."""
    for name, content in world.files().items():
        source = world.scans / name
        if not world.moving:
            _compare(broken, f"source {name}", content, source)
        elif source.exists():
            broken.fail("doubled", f"{name} is still in the inbox")


def _compare_copy(broken: Broken, name: str, content: bytes, store: Store) -> None:
    told = f"{name} in {store.describe()}"
    try:
        if store.read(object_key(digest(content))) != content:
            broken.fail("altered", told)
    except StoreError:
        broken.fail("lost", told)


def _compare(broken: Broken, name: str, content: bytes, path: Path) -> None:
    if not path.is_file():
        broken.fail("lost", name)
    elif path.read_bytes() != content:
        broken.fail("altered", name)


def tomorrow() -> datetime:
    """A moment at which nothing is on its way any more."""
    return datetime.now(UTC) + timedelta(days=1)
