"""A discrepancy assigned, explained, settled with proof and taken back, by people who may."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from catalog.log import entries
from catalog.tables import day_close
from flows.admit_page import Intake
from flows.close_day import Closing, close_branch
from flows.monitor import heat_map
from flows.parts import Parts
from flows.settling import Settling
from flows.worklist import Filters, Standing, leaf, worklist
from pipeline.access.policy import NotAllowed
from pipeline.balance import DiscrepancyKind
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.model import Batch
from pipeline.settling import ProofKind, WorkItem
from pipeline.staff import Role

from .captured_day import book, read, take_in_typed
from .conftest import DAY, Run, booked

AT = datetime(2099, 1, 1, tzinfo=UTC)
"""After the closing."""
STRAY = booked(
    7,
    amount=Decimal("1.00"),
    customer_no="8800000001",
    customer_name="钱多多",
    fund_account="1234567890",
    id_no="11010119900101001X",
)
"""Nothing that was booked looks like it."""
LATER = AT + timedelta(days=1)


@pytest.fixture
def left_open(
    parts: Parts, intake: Intake, closing: Closing, scans: Path, batch: Batch, progress: Any
) -> Parts:
    """Two transactions of which the second has no page, a paper that wang scanned, and one nobody booked."""
    book(parts, booked(1), booked(3))
    take_in_typed(intake, scans, batch, progress, None, "0001.jpg", "0002.jpg")
    read(parts, "0001.jpg", booked(1))
    read(parts, "0002.jpg", STRAY)
    close_branch(closing, DAY, "3301", progress)
    parts.catalog.staff.add("总部甲", Role.HEADQUARTERS, None, "总部甲")
    parts.catalog.staff.add("赵档案", Role.ARCHIVIST, "3301", "总部甲")
    parts.catalog.staff.add("孙柜员", Role.TELLER, "3301", "总部甲")
    return parts


def one(parts: Parts, kind: str = "MISSING_IMAGE") -> WorkItem:
    (found,) = [one for one in worklist(parts, DAY, DAY, None) if one.key.kind == kind]
    return found


@pytest.fixture
def desk(left_open: Parts) -> Settling:
    return Settling(left_open, "赵档案")


def test_the_monitor_counts_what_waits_on_the_list(desk: Settling, left_open: Parts) -> None:
    def counted() -> tuple[int, int]:
        on_map = heat_map(left_open, DAY, 3, None, LATER).cells["3301", DAY].open
        return on_map, sum(not item.settled for item in worklist(left_open, DAY, DAY, None))

    assert counted() == (2, 2)
    desk.resolve(one(left_open), ProofKind.NOTE, "", "its paper is in the post", 0, AT)
    assert counted() == (1, 1)


def test_a_closing_of_before_that_counted_less_never_leaves_less_than_nothing(
    desk: Settling, left_open: Parts
) -> None:
    with left_open.catalog._engine.begin() as connection:
        connection.execute(update(day_close).values(counts={}))
    desk.resolve(one(left_open), ProofKind.NOTE, "", "its paper is in the post", 0, AT)
    assert heat_map(left_open, DAY, 3, None, LATER).cells["3301", DAY].open == 0


def test_it_goes_from_nobody_to_settled_and_back(desk: Settling, left_open: Parts) -> None:
    desk.assign(one(left_open), "孙柜员", 0, AT)
    desk.explain(one(left_open), " 客户  次日补交 ", 1, AT)
    found = one(left_open)
    assert (found.assigned_to, found.explanation, found.settled) == (
        "孙柜员",
        "客户 次日补交",
        False,
    )
    desk.resolve(found, ProofKind.PAGE, "0001.jpg", "on the back of this page", 2, AT)
    found = one(left_open)
    assert found.settled
    assert found.settling
    assert found.settling.proof
    assert (
        found.settling.proof.reference == left_open.catalog.pages.of_day(DAY, "3301")[0].delivery_id
    )
    with pytest.raises(UserError, match="settled already"):
        desk.explain(found, "too late", 3, AT)
    desk.take_back(found, "the wrong page", 3, LATER)
    assert not one(left_open).settled
    with pytest.raises(UserError, match="not settled"):
        desk.take_back(one(left_open), "again", 4, LATER)


def test_every_act_stands_in_the_log_without_its_words(desk: Settling, left_open: Parts) -> None:
    desk.explain(one(left_open), "余玲 comes tomorrow", 0, AT)
    with left_open.catalog._engine.connect() as connection:
        last = list(entries(connection))[-1].body
    assert (last["who"], last["act"]) == ("赵档案", "mismatch.explained")
    assert "余玲" not in str(last)


def test_of_two_at_once_the_second_is_told_what_the_first_did(left_open: Parts) -> None:
    seen = one(left_open)
    Settling(left_open, "赵档案").resolve(seen, ProofKind.NOTE, "", "销户", 0, AT)
    late = Settling(left_open, "总部甲")
    for what in (seen, one(left_open)):  # read before the first act, and after it
        with pytest.raises(UserError, match="赵档案 was quicker: settled with proof"):
            late.resolve(what, ProofKind.NOTE, "", "another reason", 0, AT)
    assert len(one(left_open).acts) == 1


def test_the_same_act_again_is_the_same_act(desk: Settling, left_open: Parts) -> None:
    seen = one(left_open)
    for what in (seen, seen, one(left_open)):
        desk.resolve(what, ProofKind.NOTE, "", "销户", 0, AT)
    assert len(one(left_open).acts) == 1


def test_nobody_settles_what_is_about_their_own_work(left_open: Parts) -> None:
    left_open.catalog.staff.add("wang", Role.ARCHIVIST, "3301", "总部甲")
    surplus = one(left_open, "SURPLUS_IMAGE")
    with pytest.raises(UserError, match="somebody else"):
        Settling(left_open, "Ｗang ").resolve(surplus, ProofKind.NOTE, "", "it is mine", 0, AT)
    Settling(left_open, "wang").explain(surplus, "it is mine", 0, AT)
    surplus = one(left_open, "SURPLUS_IMAGE")
    Settling(left_open, "赵档案").resolve(surplus, ProofKind.NOTE, "", "private paper", 1, AT)


def test_proofs_are_there(desk: Settling, left_open: Parts) -> None:
    found = one(left_open)
    with pytest.raises(UserError, match="no page"):
        desk.resolve(found, ProofKind.PAGE, "0009.jpg", "see there", 0, AT)
    with pytest.raises(UserError, match="no paper"):
        desk.resolve(found, ProofKind.PAPER, "1", "see there", 0, AT)
    with pytest.raises(UserError, match="one sentence"):
        desk.resolve(found, ProofKind.NOTE, "", " \n ", 0, AT)
    with pytest.raises(UserError, match="one sentence"):
        desk.resolve(found, ProofKind.NOTE, "", "x" * 501, 0, AT)
    left_open.catalog.papers.register(
        DAY, "3301", handler="10009", count=1, batch=None, serials=(booked(3).serial_no,), by="wang"
    )
    desk.resolve(found, ProofKind.PAPER, "1", "the paper is there, without image", 0, AT)


def test_only_who_works_there_is_given_it(desk: Settling, left_open: Parts) -> None:
    left_open.catalog.staff.add("别处的人", Role.ARCHIVIST, "3302", "总部甲")
    for name in ("别处的人", "nobody"):
        with pytest.raises(UserError, match="does not work on"):
            desk.assign(one(left_open), name, 0, AT)


def test_what_is_settled_and_found_again_waits_again(
    desk: Settling, left_open: Parts, closing: Closing, progress: Any
) -> None:
    desk.resolve(one(left_open), ProofKind.NOTE, "", "销户", 0, datetime.now(UTC))
    assert one(left_open).settled
    close_branch(closing, DAY, "3301", progress)
    assert one(left_open).again


def test_chosen_and_leaf_by_leaf(desk: Settling, left_open: Parts) -> None:
    every = worklist(left_open, DAY, DAY, frozenset({"3301"}))
    first, behind = leaf(every, "", 1)
    rest, end = leaf(every, behind or "", 50)
    assert ((*first, *rest), end) == (every, None)
    assert worklist(left_open, DAY, DAY, frozenset({"3302"})) == ()
    desk.assign(one(left_open), "孙柜员", 0, AT)
    every = worklist(left_open, DAY, DAY, None)

    def count(now: datetime = AT, **chosen: Any) -> int:
        return sum(Filters(**chosen).let(one, now) for one in every)

    assert count() == len(every)
    assert count(kind=DiscrepancyKind.MISSING_IMAGE) == 1
    assert count(assigned_to="孙柜员") == 1
    assert count(standing=Standing.UNASSIGNED) == len(every) - 1
    assert count(standing=Standing.OVERDUE) == len(every)
    early = datetime(2026, 11, 19, 20, tzinfo=ZONE)
    assert count(early, standing=Standing.OVERDUE) == 0
    assert count(standing=Standing.SETTLED) == count(standing=Standing.AGAIN) == 0
    assert left_open.catalog.days.left_before(DAY + timedelta(1), None) == DAY
    assert left_open.catalog.days.left_before(DAY, None) is None
    assert left_open.catalog.days.left_before(DAY + timedelta(1), frozenset({"3302"})) is None


def test_the_command_line_does_the_same(left_open: Parts, run: Run) -> None:
    by = ("--as", "赵档案")
    address = one(left_open).key.address
    days = ("--from", str(DAY), "--until", str(DAY))
    assert address in run("mismatch", "list", *days).output
    assert run("mismatch", "assign", address, "--to", "孙柜员", *by).exit_code == 0
    assert (
        run("mismatch", "explain", address, "--because", "明日补", "--as", "孙柜员").exit_code == 0
    )
    refused = run("mismatch", "resolve", address, "--note", "done", "--as", "孙柜员")
    assert isinstance(refused.exception, NotAllowed)
    told = run("mismatch", "resolve", address, "--page", "0001.jpg", "--note", "see its back", *by)
    assert told.exit_code == 0, told.output
    shown = run("mismatch", "show", address).output
    assert "明日补" in shown
    assert "see its back" in shown
    assert address not in run("mismatch", "list", *days).output
    assert address in run("mismatch", "list", *days, "--state", "settled").output
    assert run("mismatch", "reopen", address, "--because", "wrong", *by).exit_code == 0
    for wrong in ("3301/2026-11-19/0", "nothing"):
        assert isinstance(run("mismatch", "show", wrong).exception, UserError)
