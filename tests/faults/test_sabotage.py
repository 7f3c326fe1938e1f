"""Each rule turned off is noticed: else the harness is blind, or the rule is idle (plan T1s)."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from pipeline.errors import PaperproofError
from tests.faults.killing import Blind, Worlds, run
from tests.faults.procedures import PROCEDURES
from tests.faults.sabotage import SABOTAGE, Sabotage

TRIES = 12
BY_NAME = {procedure.name: procedure for procedure in PROCEDURES}


def noticed(
    sabotage: Sabotage, name: str, step: str, fault: str, worlds: Worlds, place: Path, nth: int
) -> str:
    """How a run with a rule turned off was found out; empty: it was not."""
    worlds.due(BY_NAME[name], nth, place / "ready")  # made by the rules
    with ExitStack() as off:
        sabotage(off)
        try:
            broken, _ = run(
                BY_NAME[name], worlds, place / "world", (step, nth), nth, fault, off.pop_all()
            )
        except Blind:
            return ""
        except (PaperproofError, AssertionError) as error:
            return f"stuck: {error}"
    return broken.told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sabotage", "name", "step", "fault"), SABOTAGE, ids=[row[0].__name__ for row in SABOTAGE]
)
def test_a_rule_turned_off_is_noticed(
    sabotage: Sabotage, name: str, step: str, fault: str, worlds: Worlds, tmp_path: Path
) -> None:
    for nth in range(1, TRIES + 1):
        place = tmp_path / str(nth)
        place.mkdir()
        if told := noticed(sabotage, name, step, fault, worlds, place, nth):
            print(f"{sabotage.__name__}: {told}")  # noqa: T201
            return
    pytest.fail(f"{sabotage.__doc__} Nobody noticed.")
