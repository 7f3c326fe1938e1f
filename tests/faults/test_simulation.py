"""Seeded worlds: whatever befalls them, nothing is lost, doubled, altered or unlisted (plan T2)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.faults.ground import Ground
from tests.faults.killing import Worlds
from tests.faults.simulation import lived

EVERYDAY = 20
SEEDS = "FAULT_SEEDS"
"""How many worlds the slow test lives through; ``script/test --soak`` asks for thousands."""
KEPT: tuple[int, ...] = ()
"""Seeds that found a fault once."""


@pytest.fixture(scope="module")
def ground(worlds: Worlds) -> Iterator[Ground]:
    """In memory where the machine has room there: what reaches the disk is simulated."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as place:
        yield Ground(worlds.template, Path(place) / "world")


def keeps_its_promise(ground: Ground, seed: int) -> None:
    broken, trace = lived(ground, seed)
    assert broken.kept, (seed, broken.told, trace)


@pytest.mark.parametrize("seed", [*range(EVERYDAY), *KEPT])
def test_a_world_keeps_its_promise(ground: Ground, seed: int) -> None:
    keeps_its_promise(ground, seed)


@pytest.mark.slow
def test_many_worlds_keep_their_promise(ground: Ground) -> None:
    for seed in range(EVERYDAY, int(os.environ.get(SEEDS, "200"))):
        keeps_its_promise(ground, seed)


def test_a_seed_tells_all_that_happens(ground: Ground) -> None:
    traces = [lived(ground, seed)[1] for seed in (3, 4, 3)]
    assert traces[0] == traces[2] != traces[1]
    assert len(traces[0]) > 20
