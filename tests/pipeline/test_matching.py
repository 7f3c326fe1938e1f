"""Matching is one to one, deterministic, explains itself, and leaves thin evidence to people."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.assignment import MatchRules
from pipeline.balance import CatalogedPage
from pipeline.evidence import AGREES, DIFFERS, NEAR, NOT_READ, expected_values, verdict
from pipeline.matching import match_day
from pipeline.model import FieldName
from tests.pipeline.branch_day import Day, booked, days, near, near_days, scanned


def test_a_page_with_the_booked_serial_matches_and_says_why() -> None:
    transaction = booked(1)
    matching = match_day([transaction], [scanned(transaction)])
    (match,) = matching.matches
    assert match.how == "serial"
    assert {part.field: part.verdict for part in match.evidence} == dict.fromkeys(FieldName, AGREES)


def test_a_different_amount_still_matches_and_stands_in_the_evidence() -> None:
    transaction = booked(1)
    page = scanned(transaction, changed={FieldName.AMOUNT: "99.99"})
    (match,) = match_day([transaction], [page]).matches
    amount = next(part for part in match.evidence if part.field is FieldName.AMOUNT)
    assert (amount.verdict, amount.read, amount.expected) == (DIFFERS, "99.99", "35.88")


def test_a_serial_alone_does_not_outweigh_everything_else() -> None:
    transaction, other = booked(1), booked(2)
    changed = {FieldName.SERIAL_NO: transaction.serial_no, FieldName.BUSINESS_NAME: "撤销指定交易"}
    matching = match_day([transaction], [scanned(other, changed=changed)])
    assert matching.matches == ()
    assert len(matching.pages_left) == len(matching.transactions_left) == 1


def test_a_page_whose_serial_was_not_read_matches_by_its_fields() -> None:
    transactions = [booked(n) for n in range(1, 6)]
    page = scanned(transactions[2], without=[FieldName.SERIAL_NO])
    (match,) = match_day(transactions, [page]).matches
    assert (match.how, match.serial_no) == ("fields", transactions[2].serial_no)


def test_a_slip_in_the_serial_is_bridged_but_a_code_never_slips() -> None:
    transaction = booked(1)
    misread = transaction.serial_no[:-1] + ("0" if transaction.serial_no[-1] != "0" else "8")
    page = scanned(transaction, changed={FieldName.SERIAL_NO: misread})
    assert len(match_day([transaction], [page]).matches) == 1
    code = scanned(transaction, changed={FieldName.SERIAL_NO: misread}, source="barcode")
    assert match_day([transaction], [code]).matches == ()


def test_two_transactions_that_fit_alike_go_to_a_person() -> None:
    first = booked(1)
    twin = replace(first, serial_no=booked(2).serial_no)
    page = scanned(first, without=[FieldName.SERIAL_NO])
    matching = match_day([first, twin], [page])
    assert matching.matches == ()
    assert matching.pages_left == (page,)


def test_the_same_voucher_scanned_twice_is_one_match_and_one_duplicate() -> None:
    transaction = booked(1)
    pages = [scanned(transaction, 1), scanned(transaction, 2)]
    matching = match_day([transaction], pages)
    assert [page.name for page in matching.matches[0].pages] == ["0001.jpg"]
    assert [(copy.name, first.name) for copy, first in matching.duplicates] == [
        ("0002.jpg", "0001.jpg")
    ]


def test_of_two_scans_that_read_alike_the_first_counts_whichever_has_a_code() -> None:
    transaction = booked(1)
    for sources in (("rapidocr", "barcode+rapidocr"), ("barcode+rapidocr", "rapidocr")):
        pages = [scanned(transaction, n, source=source) for n, source in enumerate(sources, 1)]
        (match,) = match_day([transaction], pages).matches
        assert [page.name for page in match.pages] == ["0001.jpg"]
    worse = scanned(transaction, 1, without=[FieldName.AMOUNT])
    (match,) = match_day([transaction], [worse, scanned(transaction, 2)]).matches
    assert [page.name for page in match.pages] == ["0002.jpg"]


def test_a_voucher_of_two_pages_is_no_duplicate() -> None:
    transaction = booked(1, voucher_count=2)
    matching = match_day([transaction], [scanned(transaction, 1), scanned(transaction, 2)])
    assert [page.name for page in matching.matches[0].pages] == ["0001.jpg", "0002.jpg"]
    assert matching.duplicates == ()


def test_the_same_bytes_delivered_again_are_a_duplicate_even_when_unread() -> None:
    transaction = booked(1)
    first = replace(scanned(transaction, 1), fields={})
    again = replace(first, delivery_id="delivery-2", name="0002.jpg", sequence=2)
    matching = match_day([transaction], [first, again])
    assert matching.duplicates == ((again, first),)
    assert matching.pages_left == (first,)


def test_values_are_compared_without_width_blanks_and_case() -> None:
    assert verdict("Ａ526 523089", "a526523089") == AGREES
    assert verdict("北京远航实业(集团)", "北京远航实业（集团）") == AGREES
    assert verdict("54930.33", "54030.33") == NEAR
    assert verdict("5493.33", "54030.39") == DIFFERS
    assert verdict(None, "54030.33") == NOT_READ


@given(st.one_of(days(), near_days()), st.randoms(use_true_random=False))
@settings(max_examples=120)
def test_matching_is_one_to_one_complete_and_blind_to_order(day: Day, random: object) -> None:
    transactions, pages = day
    matching = match_day(transactions, pages)
    placed = [
        *(page.delivery_id for match in matching.matches for page in match.pages),
        *(copy.delivery_id for copy, _ in matching.duplicates),
        *(page.delivery_id for page in matching.pages_left),
    ]
    assert sorted(placed) == sorted(page.delivery_id for page in pages)
    booked_once = [
        *(match.serial_no for match in matching.matches),
        *(transaction.serial_no for transaction in matching.transactions_left),
    ]
    assert sorted(booked_once) == sorted(transaction.serial_no for transaction in transactions)
    shuffled = (list(transactions), list(pages))
    for some in shuffled:
        random.shuffle(some)  # type: ignore[attr-defined]
    assert match_day(*shuffled) == matching


@given(st.one_of(days(), near_days()), st.integers(71, 90))
@settings(max_examples=120)
def test_an_unrelated_transaction_breaks_no_match(day: Day, number: int) -> None:
    transactions, pages = day
    unrelated = booked(
        number,
        serial_no="20261119330199" + str(number) * 2,
        customer_name="司马相如",
        business_name="其他",
    )
    before = match_day(transactions, pages).matches
    after = match_day([*transactions, unrelated], pages).matches
    assert [m for m in after if m.serial_no != unrelated.serial_no] == list(before)


@given(near_days())
def test_the_evidence_says_what_was_read_and_what_is_booked_each_unaltered(day: Day) -> None:
    transactions, pages = day
    of_serial = {transaction.serial_no: transaction for transaction in transactions}
    for match in match_day(transactions, pages).matches:
        expected = expected_values(of_serial[match.serial_no])
        read = [page.fields for page in match.pages]
        for part in match.evidence:
            assert part.expected == expected[part.field]
            values = [fields[part.field].value for fields in read if part.field in fields]
            assert part.read in values if values else part.read is None
            assert part.verdict == verdict(part.read, part.expected) or "barcode" in (
                part.source or ""
            )
        assert match.score == pytest.approx(sum(part.weight for part in match.evidence), abs=0.01)


def test_a_neighbours_serial_read_by_a_slip_does_not_take_the_neighbours_place() -> None:
    first, second = near(0), near(1)
    slip = {FieldName.SERIAL_NO: second.serial_no}
    matching = match_day([first, second], [scanned(first, 1, changed=slip)])
    assert [match.serial_no for match in matching.matches] != [second.serial_no]
    both = match_day([first, second], [scanned(first, 1, changed=slip), scanned(second, 2)])
    assert {match.serial_no: match.pages[0].sequence for match in both.matches}[
        second.serial_no
    ] == 2


@pytest.mark.parametrize(
    ("read", "source", "matches"),
    [
        ("46727051728724908X", "rapidocr", True),  # an identity number taken for the serial number
        ("202611183301000019", "rapidocr", False),  # a serial number of another day
        ("202611193302000019", "rapidocr", False),  # of another branch
        ("46727051728724908X", "barcode", False),
    ],
)
def test_a_number_that_is_no_serial_number_rules_nothing_out_but_another_serial_number_does(
    read: str, source: str, matches: bool
) -> None:
    page = scanned(booked(1), changed={FieldName.SERIAL_NO: read}, source=source)
    found = match_day([booked(1)], [page]).matches
    assert bool(found) is matches
    assert all(match.how == "fields" for match in found)


def test_a_second_scan_is_not_given_to_the_customers_other_business() -> None:
    first, other = near(1), near(4)  # one customer each
    twin = replace(first, serial_no="202611193301009999", business_name=other.business_name)
    again = scanned(first, 2, without=[FieldName.SERIAL_NO])
    matching = match_day([first, twin], [scanned(first, 1), again])
    assert [match.serial_no for match in matching.matches] == [first.serial_no]


def test_a_second_scan_with_its_neighbours_number_is_not_given_to_the_neighbour() -> None:
    first = near(0)
    neighbour = replace(first, serial_no=near(1).serial_no, amount=Decimal("777777.00"))
    again = scanned(first, 2, changed={FieldName.SERIAL_NO: neighbour.serial_no})
    matching = match_day([first, neighbour], [scanned(first, 1), again])
    assert [match.serial_no for match in matching.matches] == [first.serial_no]


def test_a_number_read_exactly_goes_before_a_slip() -> None:
    transaction = near(0)
    exact = scanned(transaction, 1, changed={FieldName.AMOUNT: "50O.00"})
    slip = scanned(transaction, 2, changed={FieldName.SERIAL_NO: near(9).serial_no})
    (match,) = match_day([transaction], [exact, slip]).matches
    assert match.pages == (exact,)


def test_a_customer_with_two_like_businesses_is_told_apart_by_what_is_left() -> None:
    first = near(1)
    twin = replace(first, serial_no="202611193301009999")
    unread = scanned(twin, 2, without=[FieldName.SERIAL_NO])
    matching = match_day([first, twin], [scanned(first, 1), unread])
    assert {match.serial_no: match.how for match in matching.matches} == {
        first.serial_no: "serial",
        twin.serial_no: "fields",
    }


def test_a_higher_bar_leaves_more_to_people() -> None:
    transaction = booked(1)
    page = scanned(transaction, without=[FieldName.SERIAL_NO, FieldName.CUSTOMER_NO])
    assert match_day([transaction], [page], MatchRules(least_score=12)).matches
    assert not match_day([transaction], [page], MatchRules(least_score=60)).matches


def voucher_of(*pages: CatalogedPage, number: int = 1) -> list[CatalogedPage]:
    return [replace(page, voucher=number) for page in pages]


def continuation(sequence: int) -> CatalogedPage:
    return scanned(booked(1), sequence, without=tuple(FieldName))


def test_a_continuation_page_belongs_to_the_match_of_its_voucher() -> None:
    transaction, other = booked(1), booked(2)
    first = scanned(transaction, 1)
    pages = [*voucher_of(continuation(3), first, continuation(2)), scanned(other, 4)]
    matching = match_day([transaction, other], pages)
    by_serial = {match.serial_no: match for match in matching.matches}
    assert [page.sequence for page in by_serial[transaction.serial_no].pages] == [1, 2, 3]
    assert not (matching.pages_left or matching.duplicates or matching.transactions_left)


def test_a_serial_number_on_every_page_of_a_voucher_is_no_duplicate() -> None:
    transaction = booked(1)
    pages = [scanned(transaction, 1), scanned(transaction, 2)]
    assert match_day([transaction], voucher_of(*pages)).duplicates == ()
    assert len(match_day([transaction], pages).duplicates) == 1, "no separator parts them"


def test_a_page_that_speaks_against_its_voucher_goes_its_own_way() -> None:
    transaction, forgotten = booked(1), booked(2)
    stranger = scanned(forgotten, 2, without=(FieldName.SERIAL_NO,))
    matching = match_day([transaction, forgotten], voucher_of(scanned(transaction), stranger))
    assert {match.serial_no: len(match.pages) for match in matching.matches} == {
        transaction.serial_no: 1,
        forgotten.serial_no: 1,
    }


def test_continuation_pages_follow_copies_and_what_is_left_over() -> None:
    transaction, strange = booked(1), booked(2)
    twice = voucher_of(scanned(transaction, 3), continuation(4), number=2)
    pages = [*voucher_of(scanned(transaction, 1), continuation(2)), *twice]
    pages += voucher_of(scanned(strange, 5), continuation(6), number=3)
    matching = match_day([transaction], pages)
    assert [page.sequence for page in matching.matches[0].pages] == [1, 2]
    assert [copy.sequence for copy, _ in matching.duplicates] == [3, 4]
    assert [page.sequence for page in matching.pages_left] == [5, 6]
