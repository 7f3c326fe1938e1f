"""The paper register at the command line, and a day that stays open until its papers are accounted for."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from catalog.catalog import Catalog
from catalog.discrepancies import DayInHand
from catalog.reconciliation import reconcile
from catalog.reports.contract import EQUATIONS, as_contract
from flows.admit_page import Intake
from flows.commands.days import _papers, _state
from flows.in_hand import pages_in_hand
from flows.parts import Parts
from flows.take_in import take_in
from pipeline.balance import BranchDay
from pipeline.clocks import deadlines
from pipeline.errors import UserError
from pipeline.matching import match_day
from pipeline.model import Batch

from .conftest import DAY, Run

AT = ("--branch", "3301", "--day", DAY.isoformat())


@pytest.fixture
def reconciled(
    intake: Intake, scans: Path, batch: Batch, parts: Parts, progress: Any
) -> Callable[[], BranchDay]:
    """Take two vouchers in, one of them twice, and a blank and a broken file; reconcile as closing does."""
    take_in(intake, scans, batch, progress)

    def strike() -> BranchDay:
        pages = pages_in_hand(parts, DAY, "3301")
        admitted = [page for page in pages if page.state == "admitted"]
        hand = DayInHand(
            day=DAY,
            branch="3301",
            transactions=(),
            pages=pages,
            matching=match_day((), admitted),
            deadlines=deadlines(DAY, parts.settings.sla, parts.calendar),
            operators=parts.catalog.pages.operators_of_day(DAY, "3301"),
            registered=parts.catalog.papers.entries(DAY, "3301"),
        )
        return reconcile(hand)

    return strike


def paper_terms(result: BranchDay) -> Mapping[str, int]:
    counts = result.counts
    assert counts["papers"] == sum(counts[term] for term in EQUATIONS["papers"])
    return {term: counts[term] for term in (*EQUATIONS["papers"], "over_papers")}


@pytest.mark.requirement("CG-13a", "CG-16.1a", "CG-17.3a")
def test_the_day_stays_open_until_each_paper_has_an_image_or_a_reason(
    reconciled: Callable[[], BranchDay], run: Run
) -> None:
    assert (reconciled().closed, reconciled().papers) == (True, ())
    assert str(_papers([reconciled()], reconciled().counts)) == "Papers: not registered"
    told = run(
        "paper", "register", *AT, "--handler", "10009", "--count", "4", "--batch", "batch-01"
    )
    assert "Entry 1: 4 papers of handler 10009 are registered, 4 of branch 3301" in told.output
    result = reconciled()
    assert not result.closed
    assert paper_terms(result) == {
        "imaged_papers": 2,
        "explained_papers": 0,
        "papers_without_image": 2,
        "over_papers": 0,
    }
    gap = next(one for one in result.discrepancies if one.kind == "PAPER_WITHOUT_IMAGE")
    assert (gap.owner, gap.owner_name, gap.deadline) == ("teller", "10009", date(2026, 11, 23))
    assert str(gap.reason) == (
        "Papers of batch batch-01: 4 registered, 2 have an image, 0 are explained, 2 have no image."
    )
    assert "stays open for branch 3301" in str(_state([result], 1))
    (group,) = as_contract(DAY, "3301", [result], "en")["papers"]
    assert (group["batch"], group["handler"], group["without_image"]) == ("batch-01", "10009", 2)
    told = run(
        *("paper", "explain", *AT, "--batch", "batch-01", "--count", "2"),
        *("--reason", "spoiled", "--note", "two forms torn"),
    )
    assert "Papers of batch batch-01, 2: a spoiled form" in told.output
    result = reconciled()
    assert result.closed
    assert paper_terms(result)["explained_papers"] == 2
    assert "(50.0%) + 2 explained + 0 without" in str(_papers([result], result.counts))
    listed = run("paper", "list", *AT).output
    assert "two forms torn" in listed
    assert "4 papers are registered, 2 without image are explained" in listed


def test_more_images_than_papers_keep_the_day_open_too(
    reconciled: Callable[[], BranchDay], run: Run
) -> None:
    run("paper", "register", *AT, "--handler", "10009", "--count", "1", "--batch", "batch-01")
    result = reconciled()
    assert not result.closed
    assert paper_terms(result)["over_papers"] == 1
    assert [one.kind == "MISSING_PAPER" for one in result.discrepancies].count(True) == 1
    run("paper", "undo", "1")
    assert reconciled().closed


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("register", "--handler", "1"), "Say how many papers"),
        (("register", "--handler", "1", "--serial", "7", "--serial", "7"), "1 different serial"),
        (("register", "--handler", "1", "--serial", "7", "--count", "2"), "do not make 2 papers"),
        (("register", "--handler", " ", "--count", "2"), "cannot be a number"),
        (("explain", "--reason", "gone"), "no reason “gone”; say one of miscounted, spoiled"),
    ],
)
def test_what_cannot_be_entered_is_told_in_a_sentence(
    run: Run, arguments: tuple[str, ...], told: str
) -> None:
    refused = run("paper", arguments[0], *AT, *arguments[1:])
    assert isinstance(refused.exception, UserError)
    assert told in str(refused.exception)


def test_only_tellers_and_operators_of_the_branch_register_papers(run: Run, parts: Parts) -> None:
    run("staff", "add", "周总", "--role", "headquarters", "--as", "me")
    run("staff", "add", "吴", "--role", "teller", "--branch", "3302", "--as", "周总")
    one_paper = ("paper", "register", *AT, "--handler", "1", "--count", "1", "--as", "吴")
    assert "Teller (handler), Scan operator of branch 3301" in str(run(*one_paper).exception)
    run("staff", "add", "吴", "--role", "operator", "--branch", "3301", "--as", "周总")
    assert run(*one_paper).exit_code == 0
    reopened = Catalog.open(parts.workspace.catalog_url(parts.settings))
    assert [entry.person for entry in reopened.papers.entries(DAY, "3301")] == ["吴"]
    reopened.close()


def test_an_open_day_is_on_the_overdue_list(
    reconciled: Callable[[], BranchDay], run: Run, parts: Parts
) -> None:
    run("paper", "register", *AT, "--handler", "10009", "--count", "9")
    parts.catalog.days.keep(reconciled(), "decision/1", "tester")
    told = json.loads(run("overdue", "--json").stdout)
    kinds = {item["kind"] for one in told["people"] for item in one["items"]}
    assert {"DAY_OPEN", "PAPER_WITHOUT_IMAGE"} <= kinds
    assert "CAPTURE" not in kinds  # the closing told what is missing
