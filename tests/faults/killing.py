"""Runs of a procedure that die: killed at a step, with store errors, on a full disk, beside a slow writer."""

from __future__ import annotations

import os
import random
import resource
import signal
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from pipeline.errors import PaperproofError, Unavailable
from pipeline.language import say
from storage.store import Store
from tests.faults.acts import finish, taking_in
from tests.faults.looking import Broken, look, look_at_death
from tests.faults.procedures import Procedure
from tests.faults.world import At, World, as_it_is, copied, delivered

ERROR_RATE = 0.15
FAULTS = ("none", "store errors", "full disk", "slow writer")
"""A slow writer is the scanner's: only taking in meets it."""
_FINISHED, _FAILED, _FELL = 0, 3, 4
_TRIES = 60
PAGE_SETS = 4
"""Sets of pages of different sizes."""


class Blind(Exception):
    """A run that proves nothing: its step was never reached, or it fell over a fault of its own."""


class Flaky:
    """A store of which ``ERROR_RATE`` of the acts fail, before they took effect or after."""

    def __init__(self, store: Store, rng: random.Random) -> None:
        self._store = store
        self._rng = rng

    def __getattr__(self, name: str) -> Any:
        act = getattr(self._store, name)
        if name == "describe":
            return act

        def flaky(*args: Any, **values: Any) -> Any:
            chance = self._rng.random()
            if chance < ERROR_RATE / 2:
                raise Unavailable(say("failed before"))
            done = act(*args, **values)
            if chance < ERROR_RATE:
                raise Unavailable(say("failed after"))
            return done

        return flaky


@dataclass
class Tally:
    """What the runs of one step came to."""

    runs: int = 0
    kills: int = 0
    lost: int = 0
    doubled: int = 0
    altered: int = 0
    unlisted: int = 0
    told: list[str] = field(default_factory=list)

    def add(self, broken: Broken, kills: int) -> None:
        self.runs += 1
        self.kills += kills
        for what in ("lost", "doubled", "altered", "unlisted"):
            setattr(self, what, getattr(self, what) + getattr(broken, what))
        self.told += [broken.told] if broken.told else []


@dataclass
class Worlds:
    """Worlds in which a procedure is due, made once for some seeds, then copied."""

    template: World
    place: Path
    _made: dict[tuple[str, int], World] = field(default_factory=dict)

    def due(self, procedure: Procedure, seed: int, folder: Path) -> World:
        which = (procedure.name, seed % PAGE_SETS)
        if which not in self._made:
            place = self.place / f"{procedure.name} {which[1]}"
            world = delivered(self.template, place, which[1], moving=procedure.moving)
            procedure.prepare(world)
            self._made[which] = world
        return copied(self._made[which], folder)


def arrivals(procedure: Procedure, worlds: Worlds, place: Path) -> Counter[str]:
    """How often an undisturbed run arrives at each step."""
    world = worlds.due(procedure, 0, place)
    found: list[str] = []
    with world.open(found.append) as (parts, stores):
        procedure.act(world, parts, stores, found.append)
    return Counter(found)


def run(
    procedure: Procedure,
    worlds: Worlds,
    place: Path,
    kill: tuple[str, int],
    seed: int,
    fault: str = "none",
    sabotage: AbstractContextManager[object] | None = None,
) -> tuple[Broken, int]:
    """One world: killed at the n-th arrival at a step, every third killed again, then finished."""
    rng = random.Random(seed)
    world = worlds.due(procedure, seed, place)
    if fault == "slow writer":
        _write_half(world)
    wrap = (lambda store: Flaky(store, rng)) if fault == "store errors" else as_it_is
    limit = rng.randrange(2_000, 400_000) if fault == "full disk" else None
    killers = [_killer(*kill)]
    killers += [_killer(None, rng.randrange(1, 12))] if seed % 3 == 0 else []
    codes, broken = [], Broken()
    with sabotage or nullcontext():
        for killer in killers:
            codes.append(_forked(procedure, world, killer, wrap, limit))
            if procedure.holds_at_death:
                broken = look_at_death(world)
            if not broken.kept:
                return broken, len(codes)
        if _FELL in codes:
            raise Blind((place / "fell").read_text())
        if fault == "none" and codes[0] != -signal.SIGKILL:
            raise Blind(f"{kill} was not reached")
        if fault == "slow writer":
            _write_rest(world)
        _recover(procedure, world, wrap if procedure.retries else as_it_is)
    return look(world), sum(code == -signal.SIGKILL for code in codes)


def _recover(procedure: Procedure, world: World, wrap: Callable[[Store], Store]) -> None:
    """Run the procedure again until it ends, then the upkeep of a night."""
    with world.open(wrap=wrap) as (parts, stores):
        for part in (taking_in, procedure.act, finish):
            for tried in range(1, _TRIES + 1):
                try:
                    part(world, parts, stores, lambda _: None)
                    break
                except (PaperproofError, AssertionError):
                    if wrap is as_it_is or tried == _TRIES:
                        raise


def _killer(step: str | None, nth: int) -> At:
    arrivals = count(1)

    def at(name: str) -> None:
        if step in (None, name) and next(arrivals) == nth:  # whichever thread comes first
            os.kill(os.getpid(), signal.SIGKILL)

    return at


def _forked(
    procedure: Procedure,
    world: World,
    at: At,
    wrap: Callable[[Store], Store],
    limit: int | None,
) -> int:
    """Run in a process of its own, which ``at`` may kill; return its exit code, minus a signal's number."""
    child = os.fork()
    if not child:
        code = _FELL
        try:
            if limit:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
            with world.open(at, wrap) as (parts, stores):
                procedure.act(world, parts, stores, at)
            code = _FINISHED
        except (PaperproofError, OSError, AssertionError):
            code = _FAILED
        except BaseException:
            (world.folder / "fell").write_text(traceback.format_exc())
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _write_half(world: World) -> None:
    """The scanner has written half of a page under its lasting name and holds it open."""
    path = world.scans / "0001.jpg"
    path.write_bytes(world.files()["0001.jpg"][: path.stat().st_size // 2])
    _OPEN[world.folder] = os.open(path, os.O_WRONLY | os.O_APPEND)


def _write_rest(world: World) -> None:
    whole = world.files()["0001.jpg"]
    handle = _OPEN.pop(world.folder)
    os.write(handle, whole[os.fstat(handle).st_size :])
    os.close(handle)


_OPEN: dict[Path, int] = {}
