"""A day's papers from the teller to the store: prepared, printed, received, refused, handed over again."""

from pathlib import Path

import pytest

from catalog.log import entries
from catalog.streams import DeliveredStream
from flows.capture import make_tasks
from flows.overdue import duties
from flows.parts import Parts
from pipeline.balance import BranchDay, CatalogedPage, Match
from pipeline.errors import UserError

from .captured_day import missing
from .conftest import DAY, Run, booked

OF = ("--branch", "3301", "--day", DAY.isoformat())
PREPARE = ("handover", "prepare", *OF, "--handler", "10009", "--as", "吴敏")
FIRST, SECOND, THIRD = (f"202611193301{number:06d}" for number in (1, 2, 3))


def page(number: int) -> CatalogedPage:
    name = f"{number:04d}.jpg"
    return CatalogedPage(f"{number:064x}", f"d{number}", name, "3301", number, "admitted")


def close(parts: Parts, *, closed: bool = True) -> None:
    """Close the day with the first transaction's two pages, the second's one, and the third's missing."""
    matches = (
        Match(FIRST, (page(1), page(2)), "serial", 20.0, ()),
        Match(SECOND, (page(3),), "serial", 20.0, ()),
    )
    result = BranchDay(DAY, "3301", closed, {"missing": 1}, matches, (missing(THIRD, "10009"),))
    parts.catalog.days.keep(result, f"decision/{closed}", "tester")


@pytest.fixture
def day(parts: Parts) -> Parts:
    """A closed day of one teller with three vouchers, and an online transaction without paper."""
    online = booked(4, channel="online_hall", voucher_count=None)
    transactions = (booked(1), booked(2), booked(3), online, booked(5, teller_no="10010"))
    totals = {"3301": {"rows": "5", "amount": "0"}}
    parts.catalog.streams.book(
        DeliveredStream(DAY, "s.csv", "0" * 64, "utf-8", transactions, 0, totals), "tester"
    )
    close(parts)
    return parts


@pytest.mark.requirement("CG-15b")
def test_a_day_that_is_open_is_not_handed_over(day: Parts, run: Run) -> None:
    close(day, closed=False)
    assert "has not closed" in str(run(*PREPARE).exception)


@pytest.mark.requirement("CG-15c")
def test_papers_go_into_store_item_by_item(day: Parts, run: Run) -> None:
    unexplained = run(*PREPARE)
    assert isinstance(unexplained.exception, UserError)
    assert f"{THIRD} (expected 1, imaged 0" in str(unexplained.exception)
    given = run(*PREPARE, "--explain", f"{THIRD}=客户带走")
    assert "Hand-over 1: 3 items, 3 pages of handler 10009" in given.output
    assert "Nothing is left" not in given.output
    own = run("handover", "receive", "1", "--count", "3", "--as", "吴敏")
    assert "cannot receive it" in str(own.exception)
    short = run("handover", "receive", "1", "--count", "2", "--as", "何静")
    assert "say 3 pages, 2 were counted" in str(short.exception)
    refuse = ("--refuse", SECOND, "--reason", "签章缺失")
    taken = run("handover", "receive", "1", "--count", "2", *refuse, "--as", "何静")
    assert "3 items = 1 in store + 0 waiting + 1 refused + 1 without paper." in taken.output
    assert f"Refused: {SECOND}; 吴敏 puts them right" in taken.output
    first = day.catalog.handovers.one(1).items[0]
    assert (first.serial_no, first.decided_by, str(first.state)) == (FIRST, "何静", "in_store")


def test_what_was_refused_or_not_there_is_handed_over_again(day: Parts, run: Run) -> None:
    run(*PREPARE, "--explain", f"{THIRD}=客户带走")
    run(
        "handover",
        "receive",
        "1",
        "--count",
        "2",
        "--refuse",
        SECOND,
        "--reason",
        "x",
        "--as",
        "何静",
    )
    stock = run("handover", "list", *OF).output
    assert "3 transactions with papers = 1 in store + 0 waiting for the archivist + 2 not" in stock
    assert f"Not handed over: {SECOND}, {THIRD}." in stock
    kinds = {duty.kind: duty for duty in duties(day, DAY, "3301")}
    assert (kinds["HANDOVER_REFUSED"].person, kinds["HANDOVER_REFUSED"].subject) == ("吴敏", SECOND)
    again = run(*PREPARE, "--papers", f"{THIRD}=1", "--explain", f"{THIRD}=客户已送回，未扫描")
    assert "Hand-over 2: 2 items, 2 pages" in again.output
    kinds = {duty.kind: duty for duty in duties(day, DAY, "3301")}
    assert "HANDOVER_REFUSED" not in kinds
    assert kinds["HANDOVER"].role == "archivist"
    run("handover", "receive", "2", "--count", "2", "--as", "何静")
    assert "= 3 in store + 0 waiting" in run("handover", "list", *OF).output
    assert "Nothing is left" in str(run(*PREPARE).exception)
    assert "HANDOVER" not in {duty.kind for duty in duties(day, DAY, "3301")}
    with day.catalog._engine.connect() as connection:
        acts = [entry.body["act"] for entry in entries(connection)]
    assert [act for act in acts if act.startswith("handover")] == [
        *("handover.give", "handover.receive") * 2
    ]


def test_the_list_to_print_names_each_item_and_who_signs(
    day: Parts, run: Run, tmp_path: Path
) -> None:
    place = tmp_path / "交接 1.html"
    given = run(*PREPARE, "--explain", f"{THIRD}=<b>客户</b>带走", "-o", str(place), lang="zh")
    assert given.exit_code == 0, given.output
    told = place.read_text("utf-8")
    for words in ("交接清单", FIRST, SECOND, "余玲", "资金取出", "吴敏", "档案管理员"):
        assert words in told
    assert "<b>客户" not in told
    run("handover", "receive", "1", "--count", "3", "--as", "何静")
    assert run("handover", "show", "1", "-o", str(place)).exit_code == 0
    assert "何静" in place.read_text("utf-8")
    paper = tmp_path / "交接 1.PDF"
    assert run("handover", "show", "1", "-o", str(paper)).exit_code == 0
    assert paper.read_bytes().startswith(b"%PDF-")
    unknown = run("handover", "show", "1", "-o", str(tmp_path / "list.txt"))
    assert "end it in .pdf" in str(unknown.exception)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((*PREPARE, "--papers", "7"), "write SERIAL=…"),
        ((*PREPARE, "--papers", "7=x"), "no number of pages"),
        ((*PREPARE, "--explain", "7=a", "--explain", "7=b"), "once for each"),
        (("handover", "receive", "9", "--count", "1"), "no hand-over 9"),
        (("handover", "receive", "9", "--count", "1", "--refuse", "1"), "in the same order"),
    ],
)
def test_what_cannot_be_is_told(
    day: Parts, run: Run, arguments: tuple[str, ...], told: str
) -> None:
    assert told in str(run(*arguments).exception)


@pytest.mark.requirement("CG-15c")
def test_only_an_archivist_of_the_branch_receives(day: Parts, run: Run) -> None:
    run(*PREPARE, "--explain", f"{THIRD}=客户带走")
    run("staff", "add", "周总", "--role", "headquarters", "--as", "me")
    run("staff", "add", "何静", "--role", "archivist", "--branch", "3302", "--as", "周总")
    receive = ("handover", "receive", "1", "--count", "3", "--as", "何静")
    assert "Archivist of branch 3301" in str(run(*receive).exception)
    run("staff", "add", "何静", "--role", "archivist", "--branch", "3301", "--as", "周总")
    assert run(*receive).exit_code == 0


@pytest.mark.requirement("CG-02")
def test_an_unknown_branch_or_teller_is_no_all_clear(day: Parts, run: Run) -> None:
    of_day = ("--day", DAY.isoformat())
    for command in (("overdue",), ("handover", "list"), (*PREPARE[:2], "--handler", "10009")):
        told = run(*command, "--branch", "9999", *of_day)
        assert "Branch 9999 is unknown" in str(told.exception)
    wrong = run("handover", "prepare", *OF, "--handler", "1009", "--as", "吴敏")
    assert "Teller 1009 has no transaction" in str(wrong.exception)
    assert "10009, 10010" in str(wrong.exception)
    assert "Neither stream nor pages of 2026-01-05" in str(
        run("overdue", "--day", "2026-01-05").exception
    )


def test_voiding_what_the_archivist_has_is_told(day: Parts, run: Run) -> None:
    make_tasks(day, DAY, "3301", "tester")
    run(*PREPARE, "--explain", f"{THIRD}=客户带走")
    void = ("task", "void", *OF, "--reason", "登记错误", "--as", "吴敏")
    told = run(*void, f"{FIRST}/CASH_SLIP").output
    assert f"Papers of {FIRST} went to the archivist with hand-over 1 (waits for the" in told
    assert "hand-over" not in run(*void, f"{THIRD}/CASH_SLIP").output  # none was given
