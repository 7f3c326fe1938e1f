"""Every discrepancy has its class and a name beside it, and the day closes only when it balances."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from catalog.discrepancies import DayInHand
from catalog.reconciliation import reconcile
from pipeline.balance import BranchDay, CatalogedPage, DiscrepancyKind
from pipeline.calendar import TradingCalendar
from pipeline.clocks import LateKind, SlaRules, deadlines
from pipeline.document_types import DocumentType
from pipeline.errors import PaperproofError
from pipeline.evidence import expected_values
from pipeline.keying.tasks import Act, ActKind, Cause, KeyingTask
from pipeline.language import Named, say
from pipeline.matching import Matching, match_day
from pipeline.model import Box, FieldName, FieldValue, Finding, Severity, Transaction
from pipeline.sheets import Separator, cover_of
from pipeline.tasks.day import DayTasks
from pipeline.tasks.states import ActKind as TaskKind
from pipeline.tasks.states import CaptureTask, TaskAct

DAY = date(2026, 11, 19)
BLANK = Finding("Q10", Severity.FLAG, "0.01%", "≥ 0.1%", say("The page is blank."))
LOW_DPI = Finding("Q02", Severity.REJECT, "150 dpi", "≥ 200 dpi", say("Scan at 300 dpi."))


def page(
    number: int,
    transaction: Transaction | None = None,
    *,
    state: str = "admitted",
    findings: tuple[Finding, ...] = (),
    changed: Mapping[FieldName, str | None] | None = None,
) -> CatalogedPage:
    values = {**(expected_values(transaction) if transaction else {}), **(changed or {})}
    return CatalogedPage(
        page_id=f"page-{number}",
        delivery_id=f"delivery-{number}",
        name=f"{number:04d}.jpg",
        branch="3301",
        sequence=number,
        state=state,
        findings=findings,
        fields={
            name: FieldValue(name, value, 0.99, "rapidocr", Box(0, 0, 1, 1))
            for name, value in values.items()
            if value is not None
        },
    )


def closed(
    transactions: Sequence[Transaction],
    pages: Sequence[CatalogedPage],
    matching: Matching | None = None,
    keying: Sequence[KeyingTask] = (),
    papers: DayTasks | None = None,
) -> BranchDay:
    admitted = [one for one in pages if one.state == "admitted"]
    return reconcile(
        DayInHand(
            day=DAY,
            branch="3301",
            transactions=transactions,
            pages=pages,
            matching=matching or match_day(transactions, admitted),
            deadlines=deadlines(DAY, SlaRules(), TradingCalendar()),
            operators={one.delivery_id: "wang" for one in pages},
            keying=keying,
            papers=papers or DayTasks(),
        )
    )


def kinds(result: BranchDay) -> list[DiscrepancyKind]:
    return [found.kind for found in result.discrepancies]


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


def test_a_differing_value_shows_both_sides(transaction: Transaction) -> None:
    result = closed([transaction], [page(1, transaction, changed={FieldName.AMOUNT: "54930.33"})])
    (found,) = result.discrepancies
    assert found.kind is DiscrepancyKind.FIELD_MISMATCH
    assert (found.read, found.expected) == ({"amount": "54930.33"}, {"amount": "54030.33"})
    assert result.counts["matched"] == 1


def test_a_matched_page_without_a_readable_amount_goes_to_a_person(
    transaction: Transaction,
) -> None:
    result = closed([transaction], [page(1, transaction, changed={FieldName.AMOUNT: None})])
    assert kinds(result) == [DiscrepancyKind.UNREADABLE]


def task(serial_no: str, code: str, *kinds: TaskKind, medium: str = "paper") -> CaptureTask:
    content = {"medium": medium, "pages": [], "from": "t1", "reason": "x"}
    return CaptureTask(DAY, "3301", serial_no, code).with_acts(
        TaskAct(kind, "wang", content) for kind in (TaskKind.MADE, *kinds)
    )


def test_every_paper_that_is_due_and_not_in_is_named_with_its_type(
    transaction: Transaction,
) -> None:
    serial = transaction.serial_no
    tasks = (
        task(serial, "CHG_APP", TaskKind.CAPTURED),
        task(serial, "ID_F"),
        task(serial, "ID_B", TaskKind.SHARED),
        task(serial, "RECEIPT", TaskKind.VOIDED),
        task(serial, "PORTRAIT", medium="electronic"),
    )
    types = {"ID_F": DocumentType(name=Named("身份证人像面", "identity card"), category="C")}
    result = closed([transaction], [page(1, transaction)], papers=DayTasks(tasks, types=types))
    (found,) = result.discrepancies
    assert (found.kind, found.serial_no, found.owner_name) == ("MISSING_IMAGE", serial, "10009")
    assert found.expected["document_type"] == "ID_F"
    assert "身份证人像面" in found.reason.in_language("zh")
    terms = ("tasks", "tasks_captured", "tasks_shared", "tasks_missing", "tasks_electronic")
    assert [result.counts[name] for name in terms] == [5, 1, 1, 1, 1]
    assert (result.counts["tasks_void"], result.counts["matched"]) == (1, 1)


def test_a_paper_of_which_a_page_is_lacking_is_told(transaction: Transaction) -> None:
    one = page(1, transaction)
    kept = {"page": one.page_id, "delivery": one.delivery_id, "name": one.name, "operator": "wang"}
    captured = task(transaction.serial_no, "AGENT_ID").with_act(
        TaskAct(TaskKind.CAPTURED, "wang", {"pages": [kept]})
    )
    card = DocumentType(name=Named("代理人身份证", "agent's card"), category="C", pages=(2, 2))
    result = closed([transaction], [one], papers=DayTasks((captured,), types={"AGENT_ID": card}))
    (found,) = result.discrepancies
    assert (found.kind, found.pages, found.owner_name) == ("PAGE_CHECK", (one,), "wang")
    assert "1 pages are in, such a paper has 2" in str(found.reason)


def test_a_transaction_whose_papers_are_all_shared_or_void_misses_no_page(
    transaction: Transaction,
) -> None:
    tasks = (task(transaction.serial_no, "RISK_Q", TaskKind.SHARED),)
    result = closed([transaction], [], papers=DayTasks(tasks))
    assert result.discrepancies == ()
    assert (result.counts["missing"], result.counts["no_paper_due"]) == (0, 1)


def test_a_refused_page_stands_for_the_principal_paper_alone(transaction: Transaction) -> None:
    tasks = (task(transaction.serial_no, "CHG_APP"), task(transaction.serial_no, "ID_F"))
    refused = page(1, transaction, state="refused", findings=(LOW_DPI,))
    result = closed([transaction], [refused], papers=DayTasks(tasks))
    assert kinds(result) == ["MISSING_IMAGE", "MISSING_IMAGE", "QUALITY_REJECT"]
    slip, card, _ = result.discrepancies
    assert "0001.jpg, was refused" in str(slip.reason)
    assert "No page in hand is this transaction's ID_F" in str(card.reason)
    assert result.counts["missing"] == 1


def test_a_paper_that_nobody_asked_for_and_an_unknown_business_are_told(
    transaction: Transaction,
) -> None:
    one = replace(page(1, transaction), document_type="POA")
    told = DayTasks(
        (task(transaction.serial_no, "CHG_APP", TaskKind.CAPTURED),),
        wrong=((transaction.serial_no, one),),
        undefined={"B999": transaction.serial_no},
    )
    result = closed([transaction], [one], papers=told)
    assert kinds(result) == ["WRONG_TYPE", "NO_TASK_DEFINITION"]
    wrong, unknown = result.discrepancies
    assert (wrong.owner_name, wrong.read) == ("wang", {"document_type": "POA"})
    assert (unknown.owner, unknown.expected) == ("headquarters", {"business_code": "B999"})


def asked(field: FieldName, *acts: Act) -> KeyingTask:
    return KeyingTask(1, "page-1", field, Cause.NOT_READ, acts)


AN, BO = Act("an", ActKind.CANNOT, "stamped"), Act("bo", ActKind.CANNOT, "illegible")


def test_what_people_could_not_read_either_is_the_archivists_with_their_names(
    transaction: Transaction,
) -> None:
    unread = page(1, transaction, changed={FieldName.AMOUNT: None})
    result = closed([transaction], [unread], keying=[asked(FieldName.AMOUNT, AN, BO)])
    (found,) = result.discrepancies
    assert (found.kind, found.owner) == (DiscrepancyKind.UNREADABLE, "archivist")
    assert (found.serial_no, found.expected) == (transaction.serial_no, {"amount": "54030.33"})
    assert "Amount (covered by a stamp, illegible; said by an, bo)" in str(found.reason)
    assert [result.counts[name] for name in ("to_key", "keyed", "given_up")] == [0, 0, 1]


def test_a_page_without_a_transaction_that_nobody_could_read_is_told_too(
    transaction: Transaction,
) -> None:
    result = closed([], [page(1)], keying=[asked(FieldName.SERIAL_NO, AN, BO)])
    assert kinds(result) == [DiscrepancyKind.SURPLUS_IMAGE, DiscrepancyKind.UNREADABLE]
    assert result.discrepancies[1].serial_no is None
    again = [page(1), replace(page(2), page_id="page-1")]  # the same bytes delivered twice
    result = closed([transaction], again, keying=[asked(FieldName.SERIAL_NO, AN, BO)])
    assert kinds(result).count(DiscrepancyKind.UNREADABLE) == 1


def test_an_unsure_value_that_is_booked_so_needs_no_paper(transaction: Transaction) -> None:
    given_up = asked(FieldName.CUSTOMER_NAME, AN)
    assert closed([transaction], [page(1, transaction)], keying=[given_up]).discrepancies == ()


def test_a_day_closes_whatever_waits_to_be_keyed(transaction: Transaction) -> None:
    waiting = asked(FieldName.AMOUNT, Act("an", ActKind.VALUE, "54030.33"))
    result = closed([transaction], [page(1, transaction)], keying=[waiting])
    assert result.closed
    assert result.discrepancies == ()
    assert [result.counts[name] for name in ("to_key", "keyed", "given_up")] == [1, 0, 0]


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


def test_pages_that_came_after_the_end_of_t_are_told_with_their_delay(
    transaction: Transaction,
) -> None:
    midnight = datetime(2026, 11, 19, 16, tzinfo=UTC)  # the end of the day in Shanghai
    in_time = replace(page(1, transaction), delivered_at=midnight - timedelta(seconds=1))
    again = replace(page(2, transaction), delivered_at=midnight + timedelta(hours=1))
    surplus = replace(page(3), delivered_at=midnight + timedelta(hours=2), batch="b2")
    refused = replace(page(4, state="refused"), delivered_at=midnight + timedelta(hours=3))
    result = closed([transaction], [in_time, again, surplus, refused])
    (late,) = result.late
    assert (late.kind, late.batch, late.person, late.pages) == (
        LateKind.CAPTURE,
        "b2",
        "wang",
        ("0003.jpg",),
    )
    assert late.delay == timedelta(hours=2)
    assert result.counts["late_capture"] == 1
    assert str(late.message) == (
        "Captured late: 1 pages of batch b2 by wang, the last of them 2 h 0 min after 2026-11-19 24:00."
    )
