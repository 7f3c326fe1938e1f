"""A branch hands papers over: both sign, each paper is decided, and a branch may merge meanwhile."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from flows.parts import Parts
from pipeline.errors import UserError
from pipeline.shelved_papers import shelved
from pipeline.staff import Role

from .conftest import Run, booked
from .test_customer_archive import received

FIRST, SECOND = booked(1).customer_no, booked(2).customer_no


@pytest.fixture
def two_branches(parts: Parts, run: Run) -> Parts:
    """Branch 3301 has papers of two customers of 3302 and of one of its own."""
    parts.catalog.branches.add("3301", "杭州庆春路", "总部甲")
    parts.catalog.branches.add("3302", "杭州文三路", "总部甲")
    rows = (booked(2, owner_branch="3302"), booked(1, owner_branch="3302"), booked(3))
    received(parts, run, rows)
    return parts


def custody(parts: Parts) -> dict[str, str]:
    papers = shelved(parts.catalog.archives.all(), parts.catalog.transfers.all())
    return {one.entry: one.custody for one in papers}


def test_from_the_list_to_both_signatures(two_branches: Parts, run: Run, tmp_path: Path) -> None:
    assert "2 papers = 0 accepted" in run("transfer", "collect", "--as", "何静").output
    assert "No paper lies" in run("transfer", "collect", "--as", "何静").output
    assert run("transfer", "sign", "JJ-000001", "--as", "何静").exit_code == 0
    assert run("transfer", "accept", "1", f"{FIRST}-0001", "--as", "吴敏").exit_code == 0
    reason = ("--reason", "缺第二页")
    assert run("transfer", "refuse", "1", f"{SECOND}-0001", *reason, "--as", "吴敏").exit_code == 0
    assert set(custody(two_branches).values()) == {"3301"}
    assert "signed by both" in run("transfer", "close", "1", "--as", "吴敏").output
    assert custody(two_branches)[f"{FIRST}-0001"] == "3302"
    assert custody(two_branches)[f"{SECOND}-0001"] == "3301"
    again = run("transfer", "collect", "--as", "何静").output
    assert "JJ-000002" in again and "1 papers" in again, (
        "what was refused is mended and listed anew"
    )


@pytest.mark.requirement("CG-21d", "CG-29")
def test_the_form_names_each_paper_in_customer_order(
    two_branches: Parts, run: Run, tmp_path: Path
) -> None:
    run("transfer", "collect", "--as", "何静")
    for shape in ("pdf", "html", "csv", "json"):
        out = tmp_path / f"form.{shape}"
        done = run("transfer", "form", "1", "-o", str(out), "--format", shape, lang="zh")
        assert done.exit_code == 0, done.output
    told = json.loads((tmp_path / "form.json").read_text("utf-8"))
    assert told["code"] == "JJ-000001"
    assert [row["entry"] for row in told["rows"]] == [f"{FIRST}-0001", f"{SECOND}-0001"]
    page = (tmp_path / "form.html").read_text("utf-8")
    assert "交接登记表" in page and "接收人" in page
    assert (tmp_path / "form.pdf").read_bytes().startswith(b"%PDF")


def test_a_branch_that_ends_in_the_middle_is_followed_by_its_successor(
    two_branches: Parts, run: Run
) -> None:
    run("transfer", "collect", "--as", "何静")
    run("transfer", "sign", "1", "--as", "何静")
    two_branches.catalog.branches.end("3302", "总部甲")
    told = run("transfer", "accept", "1", "--as", "吴敏").exception
    assert isinstance(told, UserError) and "have headquarters withdraw" in str(told)
    assert (
        run("transfer", "withdraw", "1", "--reason", "撤销营业部", "--as", "总部甲").exit_code == 0
    )
    assert set(custody(two_branches).values()) == {"3301"}


def test_who_may_once_the_register_is_in_force(two_branches: Parts, run: Run) -> None:
    staff = two_branches.catalog.staff
    staff.add("总部甲", Role.HEADQUARTERS, None, "总部甲")
    staff.add("何静", Role.ARCHIVIST, "3301", "总部甲")
    staff.add("吴敏", Role.ARCHIVIST, "3302", "总部甲")
    run("transfer", "collect", "--branch", "3301", "--as", "何静")
    assert isinstance(run("transfer", "sign", "1", "--as", "吴敏").exception, UserError)
    run("transfer", "sign", "1", "--as", "何静")
    assert isinstance(run("transfer", "accept", "1", "--as", "何静").exception, UserError)
    assert run("transfer", "accept", "1", "--as", "吴敏").exit_code == 0
    order = run("branch", "merge", "3301", "3302", "--as", "何静")
    assert isinstance(order.exception, UserError)


def test_two_at_once_decide_once(two_branches: Parts, run: Run) -> None:
    run("transfer", "collect", "--as", "何静")
    run("transfer", "sign", "1", "--as", "何静")
    run("transfer", "accept", "1", f"{FIRST}-0001", "--as", "吴敏")
    reason = ("--reason", "缺页")
    second = run("transfer", "refuse", "1", f"{FIRST}-0001", *reason, "--as", "郑洁")
    assert "was decided already" in str(second.exception)


@pytest.mark.parametrize("change", ["UPDATE transfer SET taker = '9'", "DELETE FROM transfer_act"])
def test_the_register_is_only_added_to(two_branches: Parts, run: Run, change: str) -> None:
    run("transfer", "collect", "--as", "何静")
    run("transfer", "sign", "1", "--as", "何静")
    with (
        pytest.raises(IntegrityError, match="only added to"),
        two_branches.catalog._engine.begin() as connection,
    ):
        connection.execute(text(change))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show", "x"), "is no transfer's number"),
        (("show", "7"), "There is no transfer 7"),
        (("accept", "1", "12"), "is no entry number"),
    ],
)
def test_what_is_no_number_is_told(
    two_branches: Parts, run: Run, arguments: tuple[str, ...], told: str
) -> None:
    run("transfer", "collect", "--as", "何静")
    run("transfer", "sign", "1", "--as", "何静")
    assert told in str(run("transfer", *arguments, "--as", "吴敏").exception)
