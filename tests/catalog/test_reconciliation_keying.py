"""What people keyed, could not read, or have still to key, on the day's list."""

from dataclasses import replace

from pipeline.balance import DiscrepancyKind
from pipeline.keying.tasks import Act, ActKind, Cause, KeyingTask
from pipeline.model import FieldName, Transaction

from .branch_day import closed, kinds, page


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
