"""Further papers of a transaction are no copies; a customer's papers find the customer who asks for them."""

from dataclasses import replace

from pipeline.balance import CatalogedPage, Match
from pipeline.identity_number import check_character
from pipeline.matching import Matching
from pipeline.model import Box, FieldName, FieldValue
from pipeline.tasks.joining import (
    BY_CUSTOMER,
    Customers,
    customer_papers,
    with_customer_papers,
    with_further_papers,
)

from .test_planning import PROFILE, row


def page(number: int, code: str | None = None, **read: str) -> CatalogedPage:
    fields = {
        FieldName(name): FieldValue(FieldName(name), value, 0.9, "rapidocr", Box(0, 0, 9, 9))
        for name, value in read.items()
    }
    return CatalogedPage(
        f"p{number}", f"d{number}", f"{number}.jpg", "3301", number, "admitted",
        fields=fields, document_type=code,
    )  # fmt: skip


def match(serial: str, *pages: CatalogedPage) -> Match:
    return Match(serial, pages, "serial", 30.0, ())


def names(matching: Matching) -> dict[str, list[str]]:
    return {one.serial_no: [page.name for page in one.pages] for one in matching.matches}


def test_a_page_of_another_type_with_the_same_serial_number_is_a_further_paper() -> None:
    first, receipt, again = page(1, "DESIG"), page(2, "RECEIPT"), page(3, "RECEIPT")
    same = replace(page(4, "TAX"), page_id="p1")
    copies = tuple((one, first) for one in (receipt, again, same))
    told = with_further_papers(Matching((match("s1", first),), copies, (), ()))
    assert names(told) == {"s1": ["1.jpg", "2.jpg"]}
    assert [copy.name for copy, _ in told.duplicates] == ["3.jpg", "4.jpg"]
    unknown = Matching((match("s1", first),), ((page(5), first),), (), ())
    assert with_further_papers(unknown) == unknown


def test_only_a_customer_s_paper_without_serial_number_that_stands_alone_is_set_apart() -> None:
    alone = page(1, "ID_COPY")
    others = [
        page(2),
        page(3, "CASH_SLIP"),
        page(4, "RISK_Q", serial_no="s1"),
        replace(page(5, "ID_COPY"), voucher=1),
        page(6, "NO_SUCH_TYPE"),
    ]
    assert customer_papers([alone, *others], PROFILE) == ([alone], others)


ROWS = (
    row(1, "B402", customer_no="c1", customer_name="余玲", id_no="11990119850101123X"),
    row(2, "B501", customer_no="c1", customer_name="余玲", id_no="11990119850101123X"),
    row(3, "B601", customer_no="c3", customer_name="曹博", id_no="46727051728724908X"),
    row(4, "B104", customer_no="c4", customer_name="曹博", id_no="36689513701215768X"),
)
ASKED = {(serial, code) for serial in ("s1", "s2", "s4") for code in ("ID_F", "ID_B")}
CUSTOMERS = Customers(ROWS, ASKED, set(), PROFILE)
EMPTY = Matching((), (), (), ROWS)


def joined(
    *pages: CatalogedPage,
    matching: Matching = EMPTY,
    customers: Customers = CUSTOMERS,
    identity: str | None = None,
) -> Matching:
    numbers = {one.page_id: identity for one in pages if identity}
    return with_customer_papers(matching, pages, customers, numbers)


def test_an_identity_number_finds_the_customer_and_the_first_who_asks() -> None:
    slips = Matching((match("s1", page(9)), match("s2", page(8))), (), (), ROWS[2:])
    told = joined(page(1, "ID_COPY"), matching=slips, identity="11990119850101123X")
    assert names(told) == {"s1": ["9.jpg", "1.jpg"], "s2": ["8.jpg"]}


def test_a_paper_goes_first_where_it_must_be_new_then_where_the_slip_is() -> None:
    slips = Matching((match("s2", page(8)),), (), (), (ROWS[0], *ROWS[2:]))
    number = "11990119850101123X"
    assert "1.jpg" in names(joined(page(1, "ID_F"), matching=slips, identity=number))["s2"]
    new = replace(CUSTOMERS, fresh={("s1", "ID_F")})
    told = joined(page(1, "ID_F"), matching=slips, customers=new, identity=number)
    assert names(told) == {"s1": ["1.jpg"], "s2": ["8.jpg"]}
    assert told.matches[0].how == BY_CUSTOMER
    assert [one.serial_no for one in told.transactions_left] == ["s3", "s4"]


def test_a_name_finds_a_customer_only_when_one_has_it() -> None:
    assert names(joined(page(1, "ID_F", customer_name="余玲"))) == {"s1": ["1.jpg"]}
    assert [one.name for one in joined(page(1, "ID_F", customer_name="曹博")).pages_left] == [
        "1.jpg"
    ]
    told = joined(page(1, "ID_F", customer_name="曹博", customer_no="c4"))
    assert names(told) == {"s4": ["1.jpg"]}


def test_a_good_identity_number_of_nobody_is_not_overruled_by_a_name() -> None:
    body = "11990119900307123"
    told = joined(page(1, "ID_F", customer_name="余玲"), identity=body + check_character(body))
    assert names(told) == {}
    slip = next(one for one in "0123456789" if one != check_character(body))
    mistaken = joined(page(1, "ID_F", customer_name="余玲"), identity=body + slip)
    assert names(mistaken) == {"s1": ["1.jpg"]}


def test_what_nobody_asks_for_is_left_and_one_too_many_is_a_copy() -> None:
    told = joined(page(1, "TAX", customer_name="余玲"))
    assert [one.name for one in told.pages_left] == ["1.jpg"]
    first, again = page(1, "ID_F", customer_name="余玲"), page(2, "ID_F", customer_name="余玲")
    told = joined(again, first, replace(first, delivery_id="d3", sequence=3))
    assert names(told) == {"s1": ["1.jpg"]}
    assert [copy.delivery_id for copy, _ in told.duplicates] == ["d2", "d3"]


def test_no_page_is_lost_or_counted_twice() -> None:
    pages = [page(n, code, customer_name=name) for n, (code, name) in enumerate(
        [("ID_F", "余玲"), ("ID_B", "余玲"), ("ID_COPY", "余玲"), ("TAX", "谁"), ("ID_F", "曹博")]
    )]  # fmt: skip
    told = joined(*pages)
    placed = [
        *(one.delivery_id for each in told.matches for one in each.pages),
        *(copy.delivery_id for copy, _ in told.duplicates),
        *(one.delivery_id for one in told.pages_left),
    ]
    assert sorted(placed) == sorted(one.delivery_id for one in pages)
    assert joined(*reversed(pages)) == told
