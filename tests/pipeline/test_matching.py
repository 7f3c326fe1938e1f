"""Matching is one to one, deterministic, explains itself, and leaves thin evidence to people."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.assignment import MatchRules
from pipeline.balance import CatalogedPage
from pipeline.evidence import AGREES, DIFFERS, NEAR, NOT_READ, expected_values, verdict
from pipeline.matching import match_day
from pipeline.model import Box, FieldName, FieldValue, Transaction

NOWHERE = Box(0, 0, 1, 1)


def booked(number: int, **values: object) -> Transaction:
    plain: dict[str, object] = {
        "business_date": date(2026, 11, 19),
        "serial_no": f"202611193301{number * 7919 % 1_000_000:06d}",
        "handling_branch": "3301",
        "occur_at": datetime.fromisoformat("2026-11-19T09:30:00+08:00"),
        "owner_branch": "3301",
        "customer_no": f"{9_000_000_000 + number * 104_729}",
        "customer_name": "余玲曹博赵英璟贾丽瑶"[number % 8 :][:2],
        "id_type": "居民身份证",
        "id_no": "46727051728724908X",
        "business_code": "B601",
        "business_name": "资金取出",
        "channel": "counter",
        "teller_no": "10009",
        "fund_account": f"{7_000_000_000 + number * 15_485_863}",
        "amount": Decimal(number * 3571 + 17).scaleb(-2),
    }
    return Transaction(**{**plain, **values})  # type: ignore[arg-type]


def scanned(
    transaction: Transaction,
    sequence: int = 1,
    *,
    without: Sequence[FieldName] = (),
    changed: Mapping[FieldName, str] | None = None,
    source: str = "rapidocr",
) -> CatalogedPage:
    values = {k: v for k, v in expected_values(transaction).items() if v and k not in without}
    values.update(changed or {})
    return CatalogedPage(
        page_id=f"page-{sequence}",
        delivery_id=f"delivery-{sequence}",
        name=f"{sequence:04d}.jpg",
        branch="3301",
        sequence=sequence,
        state="admitted",
        fields={k: FieldValue(k, v, 0.99, source, NOWHERE) for k, v in values.items()},
    )


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


@st.composite
def days(draw: st.DrawFn) -> tuple[list[Transaction], list[CatalogedPage]]:
    numbers = draw(st.lists(st.integers(1, 60), max_size=12, unique=True))
    transactions = [booked(n) for n in numbers]
    pages = []
    for sequence in range(1, draw(st.integers(0, 14)) + 1):
        source = booked(draw(st.integers(1, 70)))
        without = draw(st.sets(st.sampled_from(list(FieldName)), max_size=6))
        changed = {
            name: draw(st.sampled_from(["1", "曹博", "202611193301000000", "35.88"]))
            for name in draw(st.sets(st.sampled_from(list(FieldName)), max_size=3))
        }
        pages.append(scanned(source, sequence, without=tuple(without), changed=changed))
    return transactions, pages


@given(days(), st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_matching_is_one_to_one_complete_and_blind_to_order(
    day: tuple[list[Transaction], list[CatalogedPage]], random: object
) -> None:
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


@given(days(), st.integers(71, 90))
@settings(max_examples=100)
def test_an_unrelated_transaction_breaks_no_match(
    day: tuple[list[Transaction], list[CatalogedPage]], number: int
) -> None:
    transactions, pages = day
    unrelated = booked(number, customer_name="司马相如", business_name="其他")
    before = match_day(transactions, pages).matches
    after = match_day([*transactions, unrelated], pages).matches
    assert [m for m in after if m.serial_no != unrelated.serial_no] == list(before)


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
