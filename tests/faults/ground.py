"""Where simulated worlds stand, one after another."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from catalog.catalog import Catalog
from flows.settings import Settings
from tests.faults.simstore import SimulatedStore
from tests.faults.world import World


@dataclass(frozen=True)
class SimulatedWorld(World):
    """An archive whose stores are simulated, and whose catalog stays open: a commit is on the disk."""

    stores: dict[str, SimulatedStore] = field(default_factory=dict)
    opened: Catalog | None = None

    def store(self, name: str) -> Any:
        return self.stores[name]

    def catalog(self, settings: Settings) -> AbstractContextManager[Catalog]:
        assert self.opened
        return nullcontext(self.opened)


class Ground:
    """Where one world after another stands; its database's statements are compiled once."""

    def __init__(self, template: World, folder: Path) -> None:
        self.folder = folder
        self._template = template
        self._catalog: Catalog | None = None

    @classmethod
    @contextmanager
    def in_memory(cls, template: World) -> Iterator[Ground]:
        """In memory where the machine has room there: what reaches the disk is simulated."""
        memory = Path("/dev/shm")
        with TemporaryDirectory(dir=memory if memory.is_dir() else None) as place:
            yield cls(template, Path(place) / "world")

    def cleared(self) -> Catalog:
        """An empty archive's folder and its catalog."""
        if self._catalog:
            self._catalog.close()
        for old in self.folder.parent.glob(f"{self.folder.name}*"):
            shutil.rmtree(old)
        shutil.copytree(self._template.folder, self.folder)
        world = World(self.folder)
        self._catalog = self._catalog or Catalog.open(world.workspace.catalog_url(Settings()))
        return self._catalog
