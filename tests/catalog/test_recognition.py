"""From closed days: who recognised what, each transaction once, stray pages beside them."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from catalog.catalog import Catalog
from catalog.deliveries import StoredPage, admitted
from catalog.streams import DeliveredStream
from pipeline.balance import BranchDay, CatalogedPage, Discrepancy, DiscrepancyKind, Match
from pipeline.keying.tasks import Cause as Asked
from pipeline.language import say
from pipeline.measured import ScanParameters
from pipeline.model import (
    Batch,
    Box,
    ColourMode,
    Delivery,
    FieldName,
    FieldValue,
    Reading,
    Transaction,
)
from pipeline.recognition import Handled
from pipeline.recognition_causes import Cause

DAY = date(2026, 11, 19)
BATCH = Batch("3301", DAY, "station-2", "wang", "batch-01")
SERIAL = "202611193301{:06d}"


def page(catalog: Catalog, number: int, form: str | None = None) -> CatalogedPage:
    sha256, name = f"{number:064x}", f"{number:04d}.jpg"
    parameters = ScanParameters(
        "JPEG", 9, 1654, 2339, (200, 200), ColourMode.COLOUR, 0.0, 0.1, "0" * 16
    )
    stored = StoredPage(sha256, ".jpg", 9, None, 1, parameters, {"primary": None})
    arrival = Delivery(BATCH, name, 1, sha256)
    catalog.pages.enter([admitted(arrival, stored)])
    serial = FieldValue(
        FieldName.SERIAL_NO, SERIAL.format(number), 0.99, "rapidocr", Box(0, 0, 9, 9)
    )
    fields = {FieldName.SERIAL_NO: serial}
    catalog.readings.keep(sha256, Reading((), fields, (), "hand", 0.0, 0.0, form=form))
    return next(p for p in catalog.pages.of_day(DAY, "3301") if p.name == name)


def found(kind: DiscrepancyKind, number: int | None, *pages: CatalogedPage) -> Discrepancy:
    serial = None if number is None else SERIAL.format(number)
    words = say("The page is blank.")
    return Discrepancy(
        kind, "3301", serial, pages, {}, {}, words, words, "teller", None, DAY, False
    )


@pytest.fixture
def closed(catalog: Catalog, transaction: Transaction) -> Catalog:
    """1 and 2 matched, 2 asked for; 3 matched and differing; 4 lacks two papers; 5 strayed in."""
    rows = tuple(
        replace(transaction, serial_no=SERIAL.format(number), teller_no=str(number))
        for number in range(1, 5)
    )
    totals = {"3301": {"rows": "4", "amount": "0"}}
    catalog.streams.book(
        DeliveredStream(DAY, "s.csv", "0" * 64, "utf-8", rows, 0, totals), "tester"
    )
    pages = {
        number: page(catalog, number, "slip" if number == 1 else None) for number in (1, 2, 3, 5)
    }
    catalog.keying.ask({pages[2].page_id: {FieldName.AMOUNT: Asked.UNSURE}}, "tester")
    matches = tuple(
        Match(SERIAL.format(number), (pages[number],), "serial", 40.0, ()) for number in (1, 2, 3)
    )
    kinds = DiscrepancyKind
    discrepancies = (
        found(kinds.MISSING_IMAGE, 4),
        found(kinds.MISSING_IMAGE, 4),
        found(kinds.FIELD_MISMATCH, 3, pages[3]),
        found(kinds.SURPLUS_IMAGE, 5, pages[5]),
    )
    result = BranchDay(DAY, "3301", True, {}, matches, discrepancies)
    catalog.days.keep(result, "decision/aa", "tester")
    return catalog


def told(catalog: Catalog) -> dict[str | None, Handled]:
    return {one.teller: one for one in catalog.recognition.handled(DAY, DAY)}


def test_each_transaction_and_stray_page_is_told_once(closed: Catalog) -> None:
    handled = told(closed)
    assert len(closed.recognition.handled(DAY, DAY)) == 5
    assert {teller: one.cause for teller, one in handled.items()} == {
        "1": None,
        "2": Cause.UNSURE,
        "3": Cause.BOOKED_OTHERWISE,
        "4": Cause.MISSING_VOUCHER,
        None: Cause.OTHER,
    }
    assert [one.automatic for one in handled.values()].count(True) == 1
    assert (handled["4"].discrepancies, handled["4"].station) == (2, None)
    assert (handled["1"].station, handled["1"].form) == ("station-2", "slip")
    assert handled["3"].form is None


def test_what_was_keyed_is_told(closed: Catalog) -> None:
    assert not told(closed)["2"].keyed
    for person in ("li", "zhao"):
        closed.keying.enter(1, person, "54030.33")
    keyed = told(closed)["2"]
    assert keyed.keyed
    assert not keyed.automatic


def test_other_days_and_branches_are_left_out(closed: Catalog) -> None:
    assert closed.recognition.handled(DAY + timedelta(days=1), DAY + timedelta(days=9)) == ()
    assert closed.recognition.handled(DAY, DAY, "3302") == ()
    assert len(closed.recognition.handled(DAY, DAY, "3301")) == 5
