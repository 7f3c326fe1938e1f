"""A customer's archive from the first paper on: registered with the hand-over, placed, moved, added to."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from catalog.log import entries
from catalog.streams import DeliveredStream
from flows.archives import file_earlier, open_archives
from flows.parts import Parts
from pipeline.archive import LineKind
from pipeline.balance import BranchDay, CatalogedPage, Match
from pipeline.errors import UserError
from pipeline.handover import ItemState
from pipeline.model import Transaction
from pipeline.shelf import path_of
from tests.databases import drop_guards

from .conftest import DAY, Run, booked

OLD = date(2014, 12, 31)
ARCHIVIST = ("--as", "何静")


def received(parts: Parts, run: Run, rows: tuple[Transaction, ...], day: date = DAY) -> BranchDay:
    """Close a day with a page for each row, hand all over and receive it."""
    totals = {"3301": {"rows": str(len(rows)), "amount": "0"}}
    parts.catalog.streams.book(
        DeliveredStream(day, "s.csv", "0" * 64, "utf-8", rows, 0, totals), "t"
    )
    matches = tuple(
        Match(row.serial_no, (page(day, number),), "serial", 20.0, ())
        for number, row in enumerate(rows)
    )
    result = BranchDay(day, "3301", True, {}, matches, ())
    parts.catalog.days.keep(result, f"decision/{day}/{len(rows)}", "tester")
    of = ("--branch", "3301", "--day", day.isoformat(), "--handler", "10009", "--as", "吴敏")
    assert run("handover", "prepare", *of).exit_code == 0
    no = str(parts.catalog.handovers.all()[-1].no)
    taken = run("handover", "receive", no, "--count", str(len(rows)), *ARCHIVIST)
    assert taken.exit_code == 0, taken.output
    return result


def page(day: date, number: int) -> CatalogedPage:
    sha256 = f"{day.toordinal() * 100 + number:064x}"
    return CatalogedPage(sha256, f"d{number}", f"{number}.jpg", "3301", number, "admitted")


@pytest.mark.requirement("CG-15a", "CG-17.1a", "CG-17.1c", "DK-10", "B1-15")
def test_the_first_paper_makes_archive_bag_and_line_at_once(parts: Parts, run: Run) -> None:
    received(parts, run, (booked(2), booked(1), booked(3, customer_no=booked(1).customer_no)))
    archives = parts.catalog.archives.all()
    assert [(one.customer_no, one.bag) for one in archives] == [
        ("9409350101", "BAG-000001"),
        ("9409350102", "BAG-000002"),
    ]
    [first, second] = archives[0].lines
    assert (first.entry, first.kind, first.binding) == (
        "9409350101-0001",
        LineKind.RECEIVED,
        "BAG-000001",
    )
    assert (first.category, first.content, first.pages, first.person) == (
        *("ASSET", "资金取出", 1, "何静"),
    )
    assert second.serial_no == booked(3).serial_no


def test_a_receipt_that_fails_makes_no_archive(parts: Parts, run: Run) -> None:
    row = booked(1)
    totals = {"3301": {"rows": "1", "amount": "0"}}
    stream = DeliveredStream(DAY, "s.csv", "0" * 64, "utf-8", (row,), 0, totals)
    parts.catalog.streams.book(stream, "t")
    matches = (Match(row.serial_no, (page(DAY, 1),), "serial", 20.0, ()),)
    parts.catalog.days.keep(BranchDay(DAY, "3301", True, {}, matches, ()), "decision/1", "t")
    of = ("--branch", "3301", "--day", DAY.isoformat(), "--handler", "10009", "--as", "吴敏")
    run("handover", "prepare", *of)
    empty = replace(
        stream, transactions=(), totals={"3301": {"rows": "0", "amount": "0"}}, sha256="1" * 64
    )
    parts.catalog.streams.book(empty, "t")
    told = run("handover", "receive", "1", "--count", "1", *ARCHIVIST)
    assert "is not booked any more" in str(told.exception)
    assert not parts.catalog.archives.all()
    assert len(parts.catalog.handovers.one(1).of(ItemState.GIVEN)) == 1


@pytest.mark.requirement("CG-17.1e", "CG-17.1f", "DK-10")
def test_agency_vouchers_before_2015_are_bound_and_later_ones_go_into_the_bag(
    parts: Parts, run: Run
) -> None:
    agency = {"business_code": "B103", "business_name": "证券账户开立或加挂"}
    old = tuple(
        booked(number, **agency, business_date=OLD, serial_no=f"201412313301{number:06d}")
        for number in (1, 2)
    )
    received(parts, run, (*old, booked(3, business_date=OLD, serial_no="201412313301000003")), OLD)
    received(parts, run, (booked(1, **agency),))
    [first, second, third] = parts.catalog.archives.all()
    assert [line.binding for line in first.lines] == ["VOL-000001", first.bag]
    assert [line.binding for line in second.lines] == ["VOL-000001"]
    assert [line.binding for line in third.lines] == [third.bag]  # no agency business
    assert parts.catalog.shelf.one("VOL-000001").title == "B103 2014"
    assert len(parts.catalog.archives.in_container("VOL-000001")) == 2


@pytest.mark.requirement("CG-15a")
def test_an_image_that_comes_before_any_paper_opens_the_archive_once(
    parts: Parts, run: Run
) -> None:
    result = received(parts, run, (booked(1),))
    assert open_archives(parts, result, "t") == 0
    parts.catalog.streams.book(
        DeliveredStream(
            DAY, "s.csv", "2" * 64, "utf-8", (booked(1), booked(2)), 0,
            {"3301": {"rows": "2", "amount": "0"}},
        ),
        "t",
    )  # fmt: skip
    more = replace(
        result,
        matches=(*result.matches, Match(booked(2).serial_no, (page(DAY, 7),), "serial", 20.0, ())),
    )
    assert open_archives(parts, more, "t") == 1
    assert open_archives(parts, more, "t") == 0
    opened = parts.catalog.archives.one("9409350102")
    assert [(line.kind, line.pages) for line in opened.lines] == [(LineKind.OPENED, 1)]
    assert opened.in_store == ()


@pytest.mark.requirement("CG-17.1d")
def test_lines_are_only_added(parts: Parts, run: Run) -> None:
    received(parts, run, (booked(1),))
    before = parts.catalog.archives.one("9409350101").lines
    told = run(
        *("archive", "add", "9409350101", "--branch", "3301", "--content", "身份证复印件"),
        *("--pages", "2", "--class", "CUST", *ARCHIVIST),
    )
    assert "Registered as 9409350101-0002." in told.output
    after = parts.catalog.archives.one("9409350101").lines
    assert after[:1] == before
    assert (after[1].kind, after[1].pages) == (LineKind.SUPPLEMENT, 2)
    for statement in (
        "UPDATE archive_line SET pages = 9",
        "DELETE FROM archive_line",
        "UPDATE customer_archive SET bag = 'BAG-000009'",
        "DELETE FROM container",
    ):
        with (
            parts.catalog._engine.begin() as connection,
            pytest.raises(IntegrityError, match="only added to"),
        ):
            connection.execute(text(statement))


@pytest.mark.requirement("B1-15")
def test_a_bag_is_placed_and_every_move_stays(parts: Parts, run: Run) -> None:
    received(parts, run, (booked(1),))
    for words in (
        ("room", "R1", "--title", "库房一"),
        ("cabinet", "C1", "--in", "R1"),
        ("box", "X1", "--in", "C1"),
        ("box", "X2", "--in", "C1"),
    ):
        assert run("archive", "place", *words, "--branch", "3301", *ARCHIVIST).exit_code == 0
    assert "R1 / C1 / X1" in run("archive", "move", "BAG-000001", "X1", *ARCHIVIST).output
    assert "stands there" in str(run("archive", "move", "BAG-000001", "X1", *ARCHIVIST).exception)
    run("archive", "move", "BAG-000001", "X2", "--reason", "整理", *ARCHIVIST)
    run("archive", "move", "C1", "R1", *ARCHIVIST)
    containers = parts.catalog.shelf.all()
    path = [one.number for one in path_of("BAG-000001", containers)]
    assert path == ["R1", "C1", "X2", "BAG-000001"]
    moves = containers["BAG-000001"].moves
    assert [(one.into, one.person, one.reason) for one in moves] == [
        ("X1", "何静", "filed"),
        ("X2", "何静", "整理"),
    ]
    shown = run("archive", "show", "9409350101-0001", *ARCHIVIST).output
    assert "R1 / C1 / X2 / BAG-000001" in shown
    history = run("archive", "history", "BAG-000001", *ARCHIVIST, lang="zh").output
    assert "整理" in history
    assert "上架" in history
    assert "filed" not in history
    with parts.catalog._engine.connect() as connection:
        acts = [entry.body["act"] for entry in entries(connection)]
    assert {"archive.open", "archive.received", "shelf.bag", "shelf.move"} <= set(acts)


def test_what_an_older_version_received_is_registered_once(parts: Parts, run: Run) -> None:
    received(parts, run, (booked(1),))
    with parts.catalog._engine.begin() as connection:
        drop_guards(connection, "archive_line")
        connection.execute(text("DELETE FROM archive_line"))
    assert file_earlier(parts, "何静") == 1
    assert file_earlier(parts, "何静") == 0


def test_only_the_branchs_archivist_files(parts: Parts, run: Run) -> None:
    received(parts, run, (booked(1),))
    run("staff", "add", "周总", "--role", "headquarters", "--as", "me")
    run("staff", "add", "何静", "--role", "archivist", "--branch", "3302", "--as", "周总")
    paper = ("--branch", "3301", "--content", "x", "--pages", "1")
    told = run("archive", "add", "9409350101", *paper, *ARCHIVIST)
    assert "Archivist of branch 3301" in str(told.exception)
    assert "Archivist" in str(run("archive", "show", "9409350101", *ARCHIVIST).exception)
    assert run("archive", "list", "--as", "周总").exit_code == 0


def test_an_entry_that_is_not_on_the_form_shows_no_archive(parts: Parts, run: Run) -> None:
    received(parts, run, (booked(1),))
    assert run("archive", "show", "9409350101-0001").exit_code == 0
    told = run("archive", "show", "9409350101-0099")
    assert isinstance(told.exception, UserError)
    assert not told.output
    assert "Nobody knows customer 9409350101-0099" in str(told.exception)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show", "7"), "Nobody knows customer 7"),
        (("move", "BAG-000009", "X1"), "no place BAG-000009"),
        (("place", "box", "BAG-7", "--branch", "3301"), "cannot be a place"),
        (("add", "1", "--branch", "3301", "--content", " ", "--pages", "1"), "--content"),
        (
            ("add", "1", "--branch", "3301", "--content", "x", "--pages", "1", "--class", "Y"),
            "no class Y",
        ),
        (
            ("add", "1", "--branch", "3301", "--content", "x", "--pages", "1", "--day", "2999-01-01"),
            "yet to come",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told(parts: Parts, run: Run, words: tuple[str, ...], told: str) -> None:
    parts.catalog.branches.add("3301", "杭州", "t")
    assert told in str(run("archive", *words, *ARCHIVIST).exception)


@pytest.mark.requirement("CG-17.1a")
def test_the_hand_over_list_stands_by_customer_number(parts: Parts, run: Run) -> None:
    customers = enumerate(("9", "10", "8"), 1)
    received(parts, run, tuple(booked(n, customer_no=customer) for n, customer in customers))
    shown = run("handover", "show", "1").output
    places: list[int] = [shown.index(booked(n).serial_no) for n in (3, 1, 2)]
    assert places == sorted(places)
