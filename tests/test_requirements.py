"""The report of the core requirements tells what code and tests really are."""

import json
import runpy
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flows.cli import app
from pipeline.core_requirements import CoreRequirement, core_requirements
from pipeline.errors import UserError

_ALL = core_requirements()
_SCRIPT = runpy.run_path(str(Path(__file__).parent.parent / "script/requirements"))


def test_the_proofs_shipped_are_those_of_the_marks() -> None:
    assert _SCRIPT["main"]([]) == 0
    unknown = _SCRIPT["gathered"]().keys() - {one.id for one in _ALL}
    assert not unknown, "a test proves what is no core requirement"


def test_each_mark_is_seen(tmp_path: Path) -> None:
    module = tmp_path / "test_it.py"
    module.write_text(
        '@pytest.mark.slow\n@pytest.mark.requirement("CG-02", "CG-14")\ndef test_it() -> None: ...\n'
        "def test_other() -> None: ...\n"
    )
    assert list(_SCRIPT["marked"](module)) == [("CG-02", "test_it"), ("CG-14", "test_it")]


@pytest.mark.parametrize("one", [one for one in _ALL if one.enforced], ids=lambda one: one.id)
def test_the_code_that_keeps_it_is_there(one: CoreRequirement) -> None:
    for place in one.enforced:
        module, _, name = place.partition(":")
        found: object = import_module(module)
        for part in name.split("."):
            found = getattr(found, part)


def test_there_are_114_and_each_has_a_title() -> None:
    assert len({one.id for one in _ALL}) == len(_ALL) == 114
    assert all(one.title.zh and one.title.en for one in _ALL)


def told(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_what_no_test_proves_is_open() -> None:
    assert all(one.is_open for one in core_requirements({}))
    listed = json.loads(told("requirements", "--open", "--json").stdout)
    assert [one["id"] for one in listed] == [one.id for one in _ALL if one.is_open]
    assert {one["state"] for one in listed} <= {"open"}


def test_one_is_told_with_its_places() -> None:
    shown = told("--lang", "zh", "requirements", "CG-14").stdout
    assert "pipeline.tasks.review:may_review" in shown
    assert "test_who_scanned_may_not_review" in shown
    assert isinstance(told("requirements", "XX-1").exception, UserError)
