"""kill -9 at every named step of every procedure: nothing lost, doubled, altered or unlisted (plan T1)."""

from __future__ import annotations

import random
from pathlib import Path
from zlib import crc32

import pytest

from tests.faults.conftest import Runs, Table
from tests.faults.killing import FAULTS, Worlds, arrivals, run
from tests.faults.procedures import PROCEDURES, WALKED, Procedure

ROOT = Path(__file__).parents[2]


def test_every_module_with_steps_is_walked() -> None:
    """A procedure that names steps and is not killed at them is not tested."""
    named = {
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for layer in ("flows", "ingest", "storage", "catalog", "pipeline")
        for path in (ROOT / layer).rglob("*.py")
        if "\nSTEPS" in path.read_text("utf-8")
    }
    assert named == {module.__name__ for module in WALKED}
    walked = {step for procedure in PROCEDURES for step in procedure.steps}
    assert walked >= {step for module in WALKED for step in module.STEPS}
    assert len(walked) >= 30


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda one: one.name)
def test_killed_at_every_step_nothing_is_lost(
    procedure: Procedure, fault: str, worlds: Worlds, tmp_path: Path, table: Table, runs: Runs
) -> None:
    if fault == "slow writer" and "claimed" not in procedure.steps:
        pytest.skip("no scanner writes meanwhile")
    counts = arrivals(procedure, worlds, tmp_path / "first")
    for step in procedure.steps:
        assert counts[step], f"{step} is never reached"
        tally = table.of(procedure.name, step, fault)
        for number in range(runs[fault]):
            seed = crc32(f"{procedure.name} {step} {fault} {number}".encode()) // 3 * 3 + number % 3
            nth = random.Random(seed).randint(1, counts[step])
            place = tmp_path / f"{step} {number}"
            tally.add(*run(procedure, worlds, place, (step, nth), seed, fault))
        assert not tally.told, (step, tally.told)
