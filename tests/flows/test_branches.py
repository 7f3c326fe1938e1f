"""From the first registered branch on, nothing is taken in for any other (CG-02)."""

from pathlib import Path

import pytest

from catalog.log import entries
from flows.parts import Parts
from pipeline.errors import UserError
from pipeline.specimens.cases import Case, DayTruth, VoucherTruth
from pipeline.specimens.stream import write_stream

from .conftest import DAY, Run, booked


@pytest.fixture
def stream(tmp_path: Path) -> Path:
    """A stream file of branch 3301."""
    truth = VoucherTruth(Case.AGREES, {}, booked(1), booked(1))
    write_stream(tmp_path / "stream.csv", [DayTruth(DAY, "3301", (truth,))])
    return tmp_path / "stream.csv"


@pytest.mark.requirement("CG-02")
def test_an_unknown_branch_is_refused_wherever_something_comes_in(
    parts: Parts, run: Run, stream: Path, scans: Path
) -> None:
    day = ("--day", DAY.isoformat())
    assert "every number is taken for one" in run("branch", "list").output
    assert (
        "Branch 3302, 上海营业部, is registered."
        in run("branch", "add", "3302", "上海营业部").output
    )
    for arguments in (
        ("stream", "import", str(stream), *day),
        ("take-in", str(scans), "--branch", "3301", *day),
        ("paper", "register", "--branch", "3301", *day, "--handler", "1", "--count", "1"),
        ("staff", "add", "李静", "--role", "teller", "--branch", "3301"),
    ):
        refused = run(*arguments)
        assert isinstance(refused.exception, UserError), arguments
        assert "Branch 3301 is not registered" in str(refused.exception)
    assert not parts.catalog.streams.of_day(DAY)
    run("branch", "add", "3301", "杭州营业部")
    assert run("stream", "import", str(stream), *day).exit_code == 0


def test_branches_are_ended_and_named_anew_by_headquarters(parts: Parts, run: Run) -> None:
    run("branch", "add", "3301", "杭州营业部")
    assert "was registered already" in run("branch", "add", "3301", "杭州营业部").output
    run("branch", "add", "3301", "杭州延安路营业部")
    listed = run("branch", "list").output
    assert "杭州延安路营业部" in listed
    run("staff", "add", "周总", "--role", "headquarters", "--as", "me")
    assert isinstance(run("branch", "end", "3301", "--as", "me").exception, UserError)
    assert "is ended" in run("branch", "end", "3301", "--as", "周总").output
    with pytest.raises(UserError, match="not registered"):
        parts.catalog.branches.require("3301")  # not even once the last of them is ended
    assert "is not registered" in str(run("branch", "end", "3301", "--as", "周总").exception)
    assert isinstance(run("branch", "add", "../x", "y").exception, UserError)
    assert "Say what branch" in str(run("branch", "add", "3303", "  ").exception)
    with parts.catalog._engine.connect() as connection:
        acts = [one.body["act"] for one in entries(connection) if one.body.get("ok", True)]
    assert acts == ["branch.add", "branch.add", "staff.add", "branch.end"]


@pytest.mark.requirement("CG-09b")
def test_registered_branches_without_an_archivist_are_named(run: Run) -> None:
    run("branch", "add", "3301", "杭州营业部")
    left = run("staff", "missing")
    assert (left.exit_code, "Without an archivist: 3301" in left.output) == (3, True)
