"""An empty archive to copy, and the table that the runs fill."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.faults.killing import Tally, Worlds
from tests.faults.world import new_world

Runs = dict[str, int]
"""Fault -> runs of each step with it."""
CI_RUNS: Runs = {"none": 5, "store errors": 2, "full disk": 2, "slow writer": 2}
RUNS = "FAULT_RUNS"
"""Runs of each step with each fault instead; ``script/test --soak`` asks for 50."""
TABLE = "FAULT_TABLE"
"""Where the table is written, as .json and .txt."""


class Table:
    """Procedure × step × fault -> what its runs came to."""

    def __init__(self) -> None:
        self._tallies: dict[tuple[str, str, str], Tally] = {}

    def of(self, procedure: str, step: str, fault: str) -> Tally:
        return self._tallies.setdefault((procedure, step, fault), Tally())

    def write(self, path: Path) -> None:
        rows = [
            {"procedure": procedure, "step": step, "fault": fault, **asdict(tally)}
            for (procedure, step, fault), tally in self._tallies.items()
        ]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".json").write_text(json.dumps(rows, ensure_ascii=False, indent=1))
        columns = list(rows[0])[:-1] if rows else []
        lines = [columns, *([str(row[name]) for name in columns] for row in rows)]
        widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
        text = "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )
        path.with_suffix(".txt").write_text(f"{text}\n")


@pytest.fixture(scope="session")
def runs() -> Runs:
    asked = os.environ.get(RUNS)
    return dict.fromkeys(CI_RUNS, int(asked)) if asked else CI_RUNS


@pytest.fixture(scope="session")
def table() -> Iterator[Table]:
    made = Table()
    yield made
    if place := os.environ.get(TABLE):
        made.write(Path(place))


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    place = tmp_path_factory.mktemp("faults")
    return Worlds(new_world(place / "template"), place)
