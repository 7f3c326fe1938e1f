"""Dates and totals of receipts, as shops print them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import Box, FieldName, FieldValue, Reading, TextLine
from pipeline.papers import PaperKind, paper_of
from pipeline.receipt_dates import dates_in
from pipeline.receipts import Receipt, receipt_of
from pipeline.stance import on_page


def lines(rows: list[str], angle: float = 0, slope: float = 0) -> list[TextLine]:
    """Rows of cells parted by "|", on a page that lies as told."""
    found = []
    for n, row in enumerate(rows):
        for column, text in enumerate(row.split("|")):
            left, top = 60 + 420 * column, 100 + 44 * n
            top += round(slope * left)
            box = on_page(Box(left, top, left + 16 * len(text), top + 30), angle)
            found.append(TextLine(text, 0.99, box, angle))
    return found


def said(receipt: Receipt) -> tuple[str | None, str | None]:
    date_, total = (one.value if one else None for one in (receipt.date, receipt.total))
    return date_, total


SHOP = ["SOME SHOP SDN BHD", "GST Reg No: 000549584896", "Tel: 03-89410243"]


@pytest.mark.parametrize(
    ("rows", "total"),
    [
        (["Sub Total|20.00", "GST @ 6%|1.20", "Total|21.20"], "21.20"),
        (
            ["Total (Excluding GST)|20.00", "Total GST|1.20", "Total (Inclusive of GST)|21.20"],
            "21.20",
        ),
        (["Total|21.21", "Rounding Adj|-0.01", "Net Total Rounded|21.20"], "21.20"),
        (["Total|21.18", "Rounding|0.02", "Cash|50.00", "Change|28.80", "Total|21.20"], "21.20"),
        (["Total Qty|25.00", "TOTAL|21.20", "CASH|50.00", "CHANGE|28.80"], "21.20"),
        (
            ["Total|21.20", "GST Summary|Amount|Tax", "SR @6%|20.00|1.20", "Total|20.00|1.20"],
            "21.20",
        ),
        (["Total Amt Payable :|RM 1,021.20", "Total Item: 5"], "1021.20"),
        (["AMOUNT DUE", "|21.20", "VISA|21.20"], "21.20"),
        (["T0TAL|RM 21 20"], "21.20"),
        (["Total Saving|3.00", "Total Discount|3.00", "Grand Total|21.20"], "21.20"),
        (["Qty 8|21.20", "Due|21.20", "Pay|21.20", "Change|0.00"], "21.20"),
        (["CASH|50.00"], "50.00"),
        (["Item A|21.20", "CASH|50.00", "CHANGE|28.80"], "21.20"),
        (["苹果 2 × 10.60|21.20", "小计|22.00", "优惠|0.80", "合计|21.20"], "21.20"),
        (["合计：¥21.2"], "21.20"),
        (["数量合计|3", "应付金额：21.20元", "微信支付|21.20"], "21.20"),
        (["总计：21元", "现金|50.00", "找零|29.00"], "21.00"),
        (["Table 12", "THANK YOU"], None),
    ],
)
def test_the_total_is_found_whatever_else_is_counted(rows: list[str], total: str | None) -> None:
    assert said(receipt_of(lines([*SHOP, *rows])))[1] == total


@pytest.mark.parametrize(
    "text",
    [
        *(
            "19/03/2018",
            "19-03-18 5:23:26 PM",
            "19.03.2018",
            "2018-03-19 14:02",
            "2018/3/19",
            "19 Mar 18",
        ),
        *(
            "19MAR2018 18:32",
            "19-Mar-2018",
            "Mar 19, 2018",
            "19 March 2018",
            "2018年3月19日",
            "2018年03月19日12:01",
        ),
        *(
            "20180319",
            "19/03/201818:32",
            "03/19/2018",
            "Date:19/03/18",
            "19/03 18",
            "Date 19 - 03 - 2018",
        ),
    ],
)
def test_a_date_is_read_in_every_way_that_shops_print_it(text: str) -> None:
    assert [day for _, day in dates_in(text, text)] == [date(2018, 3, 19)]


@pytest.mark.parametrize(
    "text",
    ["Tel: 03-87686092", "05/se200209/42193", "1-300-80-8989", "12.50 x 2", "45/13/2018", ""],
)
def test_numbers_of_other_kinds_are_no_dates(text: str) -> None:
    assert list(dates_in(text, text)) == []


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from("/-."))
def test_a_date_with_the_day_first_is_that_day(day: date, split: str) -> None:
    text = day.strftime(f"%d{split}%m{split}%Y")
    assert [found for _, found in dates_in(text, text)] == [day]


def test_the_date_of_the_purchase_is_the_labelled_one() -> None:
    rows = [
        "VALID UNTIL 31/12/2018",
        "SST since 01/09/2018",
        "Date :|19/03/2018 12:30",
        "Total|5.00",
    ]
    assert said(receipt_of(lines(rows))) == ("2018-03-19", "5.00")


@pytest.mark.parametrize(("angle", "slope"), [(0, 0.04), (90, 0), (180, 0), (-97, 0)])
def test_a_receipt_is_read_however_it_lies(angle: float, slope: float) -> None:
    rows = [*SHOP, "Date|19/03/2018", "Item A|15.20", "Item B|6.00", "Total|21.20", "Cash|50.00"]
    seen = lines(rows, angle, slope)
    receipt = receipt_of(seen)
    assert said(receipt) == ("2018-03-19", "21.20")
    assert receipt.total is not None
    assert receipt.total.box in [line.box for line in seen]
    assert receipt_of([]) == Receipt(None, None)


def test_papers_are_told_apart() -> None:
    receipt = tuple(lines([*SHOP, "19/03/2018", "Total|21.20"]))
    paper = paper_of(Reading((), {}, receipt, "none 1", 0, 0))
    assert paper is not None and paper.kind is PaperKind.RECEIPT
    assert {name: one.value for name, one in paper.values.items()} == {
        "date": "2018-03-19",
        "total": "21.20",
    }
    slip = tuple(
        lines(["付款人：甲公司|付款账号：1234567890", "收款人：乙公司|收款账号：9876543210"])
    )
    paper = paper_of(Reading((), {}, slip, "none 1", 0, 0))
    assert paper is not None and paper.kind is PaperKind.BANK_SLIP
    assert paper.values["payee_account"].value == "9876543210"
    customer = FieldValue(FieldName.CUSTOMER_NO, "1744499002", 0.99, "none", Box(0, 0, 1, 1))
    assert paper_of(Reading((), {FieldName.CUSTOMER_NO: customer}, receipt, "none 1", 0, 0)) is None
    assert paper_of(Reading((), {}, tuple(lines(SHOP)), "none 1", 0, 0)) is None
