"""Every discrepancy has its class and a name beside it, and the day closes only when it balances."""

from dataclasses import replace

import pytest

from pipeline.balance import DiscrepancyKind
from pipeline.errors import PaperproofError
from pipeline.language import say
from pipeline.matching import Matching
from pipeline.model import FieldName, Finding, Severity, Transaction
from pipeline.sheets import Separator, cover_of

from .branch_day import DAY, LOW_DPI, closed, kinds, page

BLANK = Finding("Q10", Severity.FLAG, "0.01%", "≥ 0.1%", say("The page is blank."))


@pytest.mark.requirement("CG-16.3b")
def test_a_day_on_which_all_agrees_has_no_discrepancy(transaction: Transaction) -> None:
    result = closed([transaction], [page(1, transaction)])
    assert result.discrepancies == ()
    assert result.counts["matched"] == result.counts["matched_images"] == 1


def test_a_refused_page_stands_beside_its_missing_transaction(transaction: Transaction) -> None:
    result = closed([transaction], [page(1, transaction, state="refused", findings=(LOW_DPI,))])
    assert kinds(result) == [DiscrepancyKind.MISSING_IMAGE, DiscrepancyKind.QUALITY_REJECT]
    missing, refused = result.discrepancies
    assert (missing.serial_no, missing.owner, missing.owner_name) == (
        transaction.serial_no,
        "teller",
        "10009",
    )
    assert "0001.jpg, was refused" in str(missing.reason)
    assert (refused.owner_name, refused.expected) == ("wang", {"Q02": "≥ 200 dpi"})


def test_a_rescan_settles_the_refused_page(transaction: Transaction) -> None:
    pages = [
        page(1, transaction, state="refused", findings=(LOW_DPI,)),
        page(2, transaction),
    ]
    result = closed([transaction], pages)
    assert result.discrepancies == ()
    assert (result.counts["rejected"], result.counts["images"]) == (1, 2)


@pytest.mark.requirement("CG-08a")
def test_a_differing_value_shows_both_sides(transaction: Transaction) -> None:
    result = closed([transaction], [page(1, transaction, changed={FieldName.AMOUNT: "54930.33"})])
    (found,) = result.discrepancies
    assert found.kind is DiscrepancyKind.FIELD_MISMATCH
    assert (found.read, found.expected) == ({"amount": "54930.33"}, {"amount": "54030.33"})
    assert result.counts["matched"] == 1


@pytest.mark.requirement("CG-04a")
def test_a_matched_page_without_a_readable_amount_goes_to_a_person(
    transaction: Transaction,
) -> None:
    result = closed([transaction], [page(1, transaction, changed={FieldName.AMOUNT: None})])
    assert kinds(result) == [DiscrepancyKind.UNREADABLE]


def test_blank_surplus_and_repeated_pages_are_told_apart(transaction: Transaction) -> None:
    stranger = replace(transaction, serial_no="202611193301777777", customer_no="1", amount=None)
    stranger = replace(stranger, customer_name="韦华", fund_account="2", business_name="其他")
    pages = [page(1, transaction), page(2, transaction), page(3, stranger)]
    pages.append(page(4, state="blank", findings=(BLANK,)))
    result = closed([transaction], pages)
    assert sorted(kinds(result)) == ["BLANK", "DUPLICATE", "SURPLUS_IMAGE"]
    counts = result.counts
    assert (counts["duplicate"], counts["surplus"], counts["blank"]) == (1, 1, 1)


def test_the_blank_back_of_a_one_sided_paper_is_counted_and_on_no_list(
    transaction: Transaction,
) -> None:
    result = closed([transaction], [page(1, transaction), page(2, state="blank")])
    assert result.discrepancies == ()
    assert result.counts["blank"] == 1


WORDS = Finding("Q15", Severity.FLAG, "5.00", "6.00", say("Words differ."))
AGAIN = Finding("Q12", Severity.FLAG, "0001.jpg", "≠", say("The same paper."))


def test_what_reading_brought_to_light_has_a_name_beside_it(transaction: Transaction) -> None:
    pages = [
        replace(page(1, transaction), read_findings=(WORDS, AGAIN)),
        replace(page(2, state="admitted"), read_findings=(WORDS,)),
    ]
    result = closed([transaction], pages)
    found = [one for one in result.discrepancies if one.kind is DiscrepancyKind.PAGE_CHECK]
    assert [(one.owner, one.owner_name) for one in found] == [
        ("teller", transaction.teller_no),
        ("scan_operator", "wang"),
        ("scan_operator", "wang"),
    ]
    assert result.counts["page_check"] == 3
    assert (found[0].read, found[0].expected) == ({"Q15": "5.00"}, {"Q15": "6.00"})


@pytest.mark.requirement("DK-23")
@pytest.mark.parametrize("judged_later", [0, 1])
def test_a_duplicate_is_not_told_twice(transaction: Transaction, judged_later: int) -> None:
    pages = [page(1, transaction), page(2, transaction)]
    pages[judged_later] = replace(pages[judged_later], read_findings=(AGAIN,))
    assert kinds(closed([transaction], pages)) == [DiscrepancyKind.DUPLICATE]


def test_one_paper_scanned_twice_for_two_is_told(transaction: Transaction) -> None:
    pages = [page(1, transaction), replace(page(2, transaction), read_findings=(AGAIN,))]
    result = closed([replace(transaction, voucher_count=2)], pages)
    assert kinds(result) == [DiscrepancyKind.PAGE_CHECK]
    assert result.counts["matched_images"] == 2


@pytest.mark.requirement("CG-13c")
def test_online_business_is_due_no_paper(transaction: Transaction) -> None:
    result = closed([replace(transaction, channel="online_hall")], [])
    assert result.discrepancies == ()
    assert result.counts["no_paper_due"] == 1


def test_a_page_that_is_nowhere_keeps_the_day_open(transaction: Transaction) -> None:
    lost = Matching((), (), (), (transaction,))
    with pytest.raises(PaperproofError, match="does not balance"):
        closed([transaction], [page(1, transaction)], lost)


def test_a_voucher_without_transaction_is_told_once_and_its_other_pages_point_there(
    transaction: Transaction,
) -> None:
    first, second = (replace(one, voucher=1) for one in (page(1, transaction), page(2)))
    result = closed([], [first, second])
    assert [str(found.reason) for found in result.discrepancies] == [
        f"No transaction of this branch and day carries serial number {transaction.serial_no}.",
        "The page continues the voucher of 0001.jpg; see there.",
    ]
    assert result.counts["surplus"] == 2


def test_sheets_are_a_term_of_the_balance_and_no_discrepancy(transaction: Transaction) -> None:
    cover = cover_of("3301", DAY, "b", vouchers=1, pages=1).text
    sheets = [replace(page(1, state="sheet"), sheet=cover)]
    sheets.append(replace(page(3, state="sheet"), sheet=Separator().text))
    result = closed([transaction], [sheets[0], page(2, transaction), sheets[1]])
    assert (result.counts["images"], result.counts["sheets"]) == (3, 2)
    assert result.discrepancies == ()


def test_a_cover_that_says_another_number_is_a_page_to_look_at(transaction: Transaction) -> None:
    cover = cover_of("3301", DAY, "b", vouchers=1, pages=2).text
    sheet = replace(page(1, state="sheet"), sheet=cover)
    [found] = closed([transaction], [sheet, page(2, transaction)]).discrepancies
    assert (found.kind, found.owner, found.owner_name) == ("PAGE_CHECK", "scan_operator", "wang")
    assert (found.read, found.expected) == ({"Q11": "1"}, {"Q11": "2"})
