"""A small archive in a folder: stores, catalog, a batch of pages; and whether it keeps its promise.

Pages are bytes of seeded sizes: how pictures are opened is tested elsewhere, here only what becomes of bytes.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
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
from pipeline.language import Message, say
from pipeline.measured import ScanParameters
from pipeline.model import Batch, ColourMode, DecodedPage, Finding, Severity, SplitPage
from pipeline.profile import SHIPPED, shipped_profile
from pipeline.scan_rules import ScanRules
from storage.folder import FolderStore
from storage.store import Store, digest
from storage.vault import Vault
from storage.volumes import ColdShelf

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
        with self.catalog(settings) as catalog:
            register = BatchedRegister(catalog.copies)
            primary, replica = (wrap(store) for store in (self.store("p"), self.store("r")))
            vault = Vault(primary, replica, at, register, owing=owing)
            parts = Parts(self.workspace, settings, catalog)
            parts._profiles[""] = _profile(SHIPPED[0])
            yield parts, Stores(vault, ColdShelf(self.folder / "cold"))

    def catalog(self, settings: Settings) -> AbstractContextManager[Catalog]:
        return closing(Catalog.open(self.workspace.catalog_url(settings)))

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
    for name in ("p", "r"):
        world.store(name).ensure_folder()
    ColdShelf(folder / "cold").prepare()
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


def tomorrow() -> datetime:
    """A moment at which nothing is on its way any more."""
    return datetime.now(UTC) + timedelta(days=1)
