"""The product in a simulated world: two stores, a disk, a clock, two workers, all by one seed (plan T2).

What runs is the real taking in, vault, debts, sweep, verification, bundling and packing, on the real catalog.
Simulated are the stores (``simstore``), what the disk has after a power loss (``power``), the clock, and who
goes on when (``turns``). A crash is an exception at a step here; that of real processes is ``killing``'s.
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

from pipeline.clocks import ZONE
from pipeline.errors import PaperproofError
from storage.disk import sync_folder
from storage.store import NoteKind, digest, sha256_of_key
from tests.faults.clock import Clock
from tests.faults.ground import Ground, SimulatedWorld
from tests.faults.looking import Broken, look
from tests.faults.meanwhile import look_meanwhile
from tests.faults.power import Disk
from tests.faults.simstore import TROUBLES, SimulatedStore
from tests.faults.turns import Died, Worker, take_turns
from tests.faults.works import WORKS, Work, recover
from tests.faults.world import At, inspect

JUMPS = tuple(timedelta(hours=hours) for hours in (-24, -5, -1, 1, 7, 9, 24 * 3, 24 * 60))
ERROR_RATE = 0.15
CHANCES = {
    "a worker dies": 0.03,
    "power is lost": 0.02,
    "a store goes down": 0.04,
    "the clock jumps": 0.05,
    "a store is destroyed": 0.01,
    "a bit flips": 0.04,
    "a store loses power": 0.02,
    "stores err": ERROR_RATE,
    "stores lie": 0.05,
}
"""What may befall a world, and how likely it is after a step, or at an act of a store."""


class OneAfterAnother:
    """An executor that does all in order, so that a seed tells everything."""

    def __init__(self, _workers: int) -> None: ...

    def __enter__(self) -> OneAfterAnother:
        return self

    def __exit__(self, *_: object) -> None: ...

    def map(self, act: Callable[[Any], Any], ones: Sequence[Any]) -> list[Any]:
        return [act(one) for one in ones]


class Simulation:
    """One world from one seed: what befalls it, what is done in it, and whether it keeps its promise."""

    def __init__(self, ground: Ground, rng: Random) -> None:
        self.rng = rng
        self.trace: list[str] = []
        self.clock = Clock()
        folder, catalog = ground.folder, ground.cleared()
        # A store that answers before its disk has the bytes stands beside one that syncs.
        loose = rng.choice(("p", "r", "", "pr"))
        self.stores = {name: SimulatedStore(name, syncs=name not in loose) for name in ("p", "r")}
        self.world = SimulatedWorld(folder, rng.random() < 0.7, self.stores, catalog)
        self.befalls = frozenset(one for one in CHANCES if rng.random() < 0.5)
        self.owing = rng.random() < 0.5
        self._files = 0
        self._dated: set[Path] = set()
        """Spooled files that have the simulated clock's time."""
        self.world.scans.mkdir()
        self.world.delivered.mkdir()
        space = self.world.workspace
        roots = space.spool, space.quarantine, folder / "cold", self.world.scans
        self._disk = Disk(*roots, kept=folder / "kept")

    @contextmanager
    def begun(self) -> Iterator[None]:
        """The world has its clock, its disk and its stores' troubles; pages are bytes in it."""
        with ExitStack() as stack:
            stack.enter_context(self.clock.told())
            stack.enter_context(self._disk.watched())
            stack.enter_context(patch("flows.take_in.inspect", inspect))
            stack.enter_context(patch("flows.verify.ThreadPoolExecutor", OneAfterAnother))
            for store in self.stores.values():
                store.trouble = self._trouble
            yield

    # What is done.

    def deliver(self) -> None:
        """The scanner puts a file: new, the same as before under another name, broken, or of two pages."""
        self._files += 1
        name, content = f"{self._files:04}.jpg", self.rng.randbytes(self.rng.randrange(1, 3000))
        kind = self.rng.choice(("new", "new", "again", "broken", "two pages"))
        if kind == "again" and (before := sorted(self.world.delivered.iterdir())):
            content = self.rng.choice(before).read_bytes()
        elif kind == "broken":
            content = b"broken" + content
        elif kind == "two pages":
            name, content = f"{self._files:04}.pdf", b"%PDF" + content + bytes(2)
        (self.world.delivered / name).write_bytes(content)
        with (self.world.scans / name).open("xb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        sync_folder(self.world.scans)
        self._note(f"delivered {name} {kind}")

    def work(self, names: Sequence[str]) -> None:
        """Two workers, or one, do what is named, step by step in turns, while things befall them."""
        works = {f"{at} {name}": self._bound(WORKS[name]) for at, name in enumerate(names)}
        for worker in take_turns(works, self._next, self._happens):
            fault = worker.fault
            self._note(f"{worker.name}: {type(fault).__name__ if fault else 'done'}")
            if fault and not isinstance(fault, (PaperproofError, Died)):
                raise fault

    def end(self) -> Broken:
        """All is well from now on; recover, and look whether the promise was kept."""
        self._note("recovery")
        self.befalls = frozenset()
        for store in self.stores.values():
            store.down = False
        recover(self.world, self.clock)
        return look(self.world)

    def _bound(self, work: Work) -> Callable[[At], None]:
        def run(at: At) -> None:
            with self.world.open(at, owing=self.owing) as (parts, stores):
                work(self.world, parts, stores, at)

        return run

    # What befalls it.

    def _next(self, going: Sequence[Worker]) -> Worker:
        chosen = self.rng.choice(going)
        self._note(f"{chosen.name} after {chosen.step}")
        return chosen

    def _happens(self, going: Sequence[Worker]) -> None:
        for path in self.world.workspace.spool.iterdir():
            if path not in self._dated:
                self._dated.add(path)
                os.utime(path, (self.clock.wall.timestamp(),) * 2)
        self.clock.run(self.rng.random() * 30)
        for what, event in EVENTS.items():
            if what in self.befalls and self.rng.random() < CHANCES[what]:
                event(self, going)

    def worker_dies(self, going: Sequence[Worker]) -> None:
        if going:
            one = self.rng.choice(going)
            self._note(f"{one.name} dies at {one.step}")
            one.kill()

    def power_is_lost(self, going: Sequence[Worker]) -> None:
        self._note("power is lost")
        for one in going:
            one.kill()
        self._disk.lose_power()

    def store_goes_down(self, _: Sequence[Worker] = ()) -> None:
        name = self.rng.choice(("p", "r"))
        self.stores[name].down = not self.stores[name].down
        self._note(f"{name} is {'down' if self.stores[name].down else 'up'}")

    def clock_jumps(self, _: Sequence[Worker] = ()) -> None:
        by = self.rng.choice(JUMPS)
        if self.rng.random() < 0.2:  # just past midnight at the branch
            local = self.clock.wall.astimezone(ZONE)
            midnight = local.replace(hour=0, minute=0, second=1) + timedelta(days=1)
            by = midnight - local
        self.clock.jump(by)
        self._note(f"the clock jumps by {by}")

    def store_is_destroyed(self, _: Sequence[Worker] = ()) -> None:
        name = self.rng.choice(("p", "r"))
        if all(self._is_elsewhere(name, key) for key in self.stores[name].contents()):
            self.stores[name].destroy()
            self._note(f"{name} is destroyed")

    def bit_flips(self, _: Sequence[Worker] = ()) -> None:
        name = self.rng.choice(("p", "r"))
        keys = [
            key for key in sorted(self.stores[name].contents()) if self._is_elsewhere(name, key)
        ]
        if keys:
            key = self.rng.choice(keys)
            self.stores[name].flip(key, self.rng.randrange(10_000))
            self._note(f"a bit of {key} flips in {name}")

    def store_loses_power(self, _: Sequence[Worker] = ()) -> None:
        name = self.rng.choice(("p", "r"))
        store = self.stores[name]
        synced = store.synced_contents()
        loose = [key for key, content in store.contents().items() if synced.get(key) != content]
        if all(self._is_elsewhere(name, key) for key in loose):
            store.lose_power(self.rng)
            self._note(f"{name} loses power")

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

    def _is_spooled(self, sha256: str) -> bool:
        path = self.world.workspace.spool / sha256
        return path.exists() and digest(path.read_bytes()) == sha256

    def _trouble(self, act: str) -> str:
        chance = self.rng.random()
        errors = [one for one in TROUBLES[act] if one.startswith("fails")]
        lies = [one for one in TROUBLES[act] if not one.startswith("fails")]
        if chance < ERROR_RATE:
            return self.rng.choice(errors) if "stores err" in self.befalls else ""
        if chance < ERROR_RATE + CHANCES["stores lie"] and lies and "stores lie" in self.befalls:
            return self.rng.choice(lies)
        return ""

    def _note(self, what: str) -> None:
        self.trace.append(what)


EVENTS: dict[str, Callable[[Simulation, Sequence[Worker]], None]] = {
    "a worker dies": Simulation.worker_dies,
    "power is lost": Simulation.power_is_lost,
    "a store goes down": Simulation.store_goes_down,
    "the clock jumps": Simulation.clock_jumps,
    "a store is destroyed": Simulation.store_is_destroyed,
    "a bit flips": Simulation.bit_flips,
    "a store loses power": Simulation.store_loses_power,
}


def lived(ground: Ground, seed: int) -> tuple[Broken, list[str]]:
    """A whole world: some rounds of deliveries and work, then recovery. Its breaches, and what happened."""
    rng = Random(seed)
    world = Simulation(ground, rng)
    with world.begun():
        for _ in range(rng.randrange(2, 5)):
            for _ in range(rng.randrange(4)):
                world.deliver()
            world.work([rng.choice(list(WORKS)), "take in"][: rng.choice((1, 2))])
            if (broken := look_meanwhile(world.world)).told:
                return broken, world.trace
        return world.end(), world.trace
