"""Seeded worlds: whatever befalls them, nothing is lost, doubled, altered or unlisted (plan T2)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from pipeline.errors import PaperproofError
from tests.faults.fate import lived
from tests.faults.ground import Ground
from tests.faults.killing import Worlds
from tests.faults.sabotage import SIMULATED, Sabotage

EVERYDAY = 20
SEEDS = "FAULT_SEEDS"
"""How many worlds the slow test lives through; ``script/test --soak`` asks for thousands."""
TRIES = 150
KEPT: tuple[int, ...] = ()
"""Seeds that found a fault once."""


@pytest.fixture(scope="module")
def ground(worlds: Worlds) -> Iterator[Ground]:
    with Ground.in_memory(worlds.template) as ground:
        yield ground


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


def notices(ground: Ground, sabotage: Sabotage, seed: int) -> str:
    """How a world with a rule turned off was found out; empty: it was not."""
    with ExitStack() as off:
        sabotage(off)
        try:
            return lived(ground, seed)[0].told
        except (PaperproofError, AssertionError, FileNotFoundError) as error:
            return f"stuck: {error}"


@pytest.mark.slow
@pytest.mark.parametrize("sabotage", SIMULATED, ids=[one.__name__ for one in SIMULATED])
def test_a_rule_turned_off_is_noticed(ground: Ground, sabotage: Sabotage) -> None:
    for seed in range(TRIES):
        if told := notices(ground, sabotage, seed):
            print(f"{sabotage.__name__} in world {seed}: {told}")  # noqa: T201
            return
    pytest.fail(f"{sabotage.__doc__} Nobody noticed in {TRIES} worlds.")
