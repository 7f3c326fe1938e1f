"""The product in a simulated world: two stores, a disk, a clock, workers that take turns (plan T2).

What runs is the real taking in, vault, debts, sweep, verification, bundling and packing, on the real catalog.
Simulated are the stores (``simstore``), what the disk has after a power loss (``power``), the clock, and who
goes on when (``turns``). A crash is an exception at a step here; that of real processes is ``killing``'s.
What befalls a world is for a seed to say (``fate``), or for hypothesis.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from pipeline.errors import PaperproofError
from storage.disk import sync_folder
from storage.store import NoteKind, digest, sha256_of_key
from storage.volumes import ColdShelf
from tests.faults.clock import Clock
from tests.faults.ground import Ground, SimulatedWorld
from tests.faults.looking import Broken, look
from tests.faults.power import Disk
from tests.faults.simstore import SimulatedStore, Trouble, flipped, no_trouble
from tests.faults.turns import Died, Worker, take_turns
from tests.faults.works import WORKS, Work, recover
from tests.faults.world import At, inspect, split

KINDS = ("new", "again", "broken", "two pages")
"""What a scanner delivers."""
Choose = Callable[[Sequence[Worker]], Worker]
Happens = Callable[[Sequence[Worker]], None]


class OneAfterAnother:
    """An executor that does all in order, so that a seed tells everything."""

    def __init__(self, _workers: int) -> None: ...

    def shutdown(self, *, cancel_futures: bool) -> None: ...

    def map(self, act: Callable[[Any], Any], ones: Sequence[Any]) -> list[Any]:
        return [act(one) for one in ones]


class Simulation:
    """One archive, what is done in it and what befalls it. ``loose``: stores that answer before they sync."""

    def __init__(self, ground: Ground, *, moving: bool, owing: bool, loose: str = "") -> None:
        self.trace: list[str] = []
        self.clock = Clock()
        folder, catalog = ground.folder, ground.cleared()
        self.stores = {name: SimulatedStore(name, syncs=name not in loose) for name in ("p", "r")}
        self.world = SimulatedWorld(folder, moving, self.stores, catalog)
        self._owing = owing
        self._files = 0
        self._files_of: dict[str, set[str]] = {}
        """Page or file -> the files delivered that have it, all by SHA-256."""
        self._claimed: set[Path] = set()
        """Spooled files; they have the simulated clock's time."""
        self.world.scans.mkdir()
        self.world.delivered.mkdir()
        space = self.world.workspace
        roots = space.spool, space.quarantine, folder / "cold", self.world.scans
        self._disk = Disk(*roots, kept=folder / "kept")

    @contextmanager
    def begun(self, trouble: Trouble = no_trouble) -> Iterator[None]:
        """The world has its clock, its disk and its stores' troubles; pages are bytes in it."""
        with ExitStack() as stack:
            stack.enter_context(self.clock.told())
            stack.enter_context(self._disk.watched())
            stack.enter_context(patch("flows.take_in.inspect", inspect))
            stack.enter_context(patch("flows.verify.ThreadPoolExecutor", OneAfterAnother))
            for store in self.stores.values():
                store.trouble = trouble
            yield

    # What is done.

    def deliver(self, kind: str, content: bytes) -> None:
        """The scanner puts a file, synced: new bytes, those of the first file again, broken, or two pages."""
        self._files += 1
        name = f"{self._files:04}.{'pdf' if kind == 'two pages' else 'jpg'}"
        if kind == "again" and (before := sorted(self.world.delivered.iterdir())):
            content = before[len(content) % len(before)].read_bytes()
        elif kind == "broken":
            content = b"broken" + content
        elif kind == "two pages":
            content = b"%PDF" + content + bytes(2)
        for part in (content, *(page for _, page in split(name, content))):
            self._files_of.setdefault(digest(part), set()).add(digest(content))
        (self.world.delivered / name).write_bytes(content)
        with (self.world.scans / name).open("xb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        sync_folder(self.world.scans)
        self.note(f"delivered {name} {kind}")

    def work(self, names: Sequence[str], choose: Choose, happens: Happens) -> None:
        """Workers do what is named, step by step in turns."""
        works = {f"{at} {name}": self._bound(WORKS[name]) for at, name in enumerate(names)}

        def next_one(going: Sequence[Worker]) -> Worker:
            chosen = choose(going)
            self.note(f"{chosen.name} after {chosen.step}")
            return chosen

        def then(going: Sequence[Worker]) -> None:
            self._date_spool()
            happens(going)

        workers = take_turns(works, next_one, then)
        if "clear the spool" in names:
            self._claimed = {path for path in self._claimed if path.exists()}
        for worker in workers:
            fault = worker.fault
            self.note(f"{worker.name}: {type(fault).__name__ if fault else 'done'}")
            if fault and not isinstance(fault, (PaperproofError, Died)):
                raise fault

    def end(self) -> Broken:
        """All is well from now on; recover, and look whether the promise was kept."""
        self.note("recovery")
        for store in self.stores.values():
            store.trouble, store.down = no_trouble, False
        recover(self.world, self.clock)
        return look(self.world)

    def _bound(self, work: Work) -> Callable[[At], None]:
        def run(at: At) -> None:
            with self.world.open(at, owing=self._owing) as (parts, stores):
                work(self.world, parts, stores, at)

        return run

    def _date_spool(self) -> None:
        for path in self.world.workspace.spool.iterdir():
            if path not in self._claimed:
                self._claimed.add(path)
                os.utime(path, (self.clock.wall.timestamp(),) * 2)

    # What befalls it.

    def kill(self, worker: Worker) -> None:
        self.note(f"{worker.name} dies at {worker.step}")
        worker.kill()

    def lose_power(self, going: Sequence[Worker] = ()) -> None:
        self.note("power is lost")
        for one in going:
            one.kill()
        self._disk.lose_power()

    def switch(self, name: str) -> None:
        """A store goes down, or comes up again."""
        self.stores[name].down = not self.stores[name].down
        self.note(f"{name} is {'down' if self.stores[name].down else 'up'}")

    def jump(self, by: timedelta) -> None:
        self.clock.jump(by)
        self.note(f"the clock jumps by {by}")

    def destroy(self, name: str) -> None:
        """A store burns down, when all that it has is elsewhere too."""
        if all(self._is_elsewhere(name, key) for key in self.stores[name].contents()):
            self.stores[name].destroy()
            self.note(f"{name} is destroyed")

    def flip(self, name: str, nth: int) -> None:
        """A bit flips in the nth object of those that are elsewhere too."""
        keys = sorted(key for key in self.stores[name].contents() if self._is_elsewhere(name, key))
        if keys:
            key = keys[nth % len(keys)]
            self.stores[name].flip(key, nth)
            self.note(f"a bit of {key} flips in {name}")

    def flip_cold(self, nth: int) -> None:
        """A bit flips in a cold volume, in an object that a store has whole."""
        shelf = ColdShelf(self.world.folder / "cold")
        keys = [key for key in shelf.iter_keys("") if self._is_in_a_store(key)]
        if keys:
            key = keys[nth % len(keys)]
            with shelf.open(key) as opened:
                path = Path(opened.file.name)  # type: ignore[attr-defined]
            content = flipped(path.read_bytes(), nth)
            path.chmod(0o600)
            path.write_bytes(content)
            path.chmod(0o400)
            self.note(f"a bit of {key} flips in the cold volumes")

    def cut_power(self, name: str, rng: Random) -> None:
        """A store forgets what it had not synced, when that is elsewhere too."""
        store = self.stores[name]
        synced = store.synced_contents()
        loose = [key for key, content in store.contents().items() if synced.get(key) != content]
        if all(self._is_elsewhere(name, key) for key in loose):
            store.lose_power(rng)
            self.note(f"{name} loses power")

    def _is_elsewhere(self, name: str, key: str) -> bool:
        """Whether what ``name`` may lose now is whole in the other store, or else no archive could keep it.

        The spool has pages and files, and a receipt is made again from its row.
        """
        other = self.stores["r" if name == "p" else "p"].synced_contents()
        return (
            digest(other.get(key, b"")) == sha256_of_key(key)
            or key.startswith(NoteKind.RECEIPT)
            or (key.startswith("obj/") and self._is_spooled(key.rpartition("/")[2]))
        )

    def _is_in_a_store(self, key: str) -> bool:
        held = (store.synced_contents().get(key, b"") for store in self.stores.values())
        return any(digest(content) == sha256_of_key(key) for content in held)

    def _is_spooled(self, sha256: str) -> bool:
        """Whether the spool must have it: its file was claimed, and not cleared away since.

        What is there is not asked: that would forgive a spool that forgets.
        """
        spool = self.world.workspace.spool
        return any(spool / file in self._claimed for file in self._files_of.get(sha256, ()))

    def note(self, what: str) -> None:
        self.trace.append(what)
