"""The keying queue over a day's pages: what people are asked for."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import date

from catalog.keying import Keying
from flows.parts import Parts
from pipeline.document_types import DocumentType, Share
from pipeline.evidence import expected_values
from pipeline.keying.causes import causes
from pipeline.keying.tasks import Closed, State
from pipeline.model import NO_READER, FieldName, Reading, Transaction
from pipeline.vouchers import continuation_pages


def ask_people(parts: Parts, day: date, branch: str, who: str) -> int:
    """Put into the queue what could not be read on a branch and day's pages; may be run again.

    What a voucher's continuation pages lack stands on the page that they follow. What was asked for because
    the reader failed is closed where it read the page since and needs nobody.

    Returns how many fields are new.
    """
    pages = parts.catalog.pages.of_day(day, branch)
    following = continuation_pages(pages)
    known = parts.profile_on(day).types
    types = {page.page_id: known.get(page.document_type or "") for page in pages}
    booked = {one.serial_no: one for one in parts.catalog.streams.of_day(day, branch)}
    readings = parts.catalog.readings.of_day(day, branch)
    wanted = {
        page_id: found
        for page_id, reading in readings.items()
        if page_id not in following
        and (
            found := causes(
                reading, parts.settings.keying, _not_due(reading, booked, types.get(page_id))
            )
        )
    }
    _close_read(parts.catalog.keying, day, branch, readings, wanted, who)
    return parts.catalog.keying.ask(wanted, who)


def _close_read(
    keying: Keying,
    day: date,
    branch: str,
    readings: Mapping[str, Reading],
    wanted: Mapping[str, Container[FieldName]],
    who: str,
) -> None:
    for task in keying.tasks(day, branch, states=(State.OPEN,)):
        read = readings.get(task.page_id)
        if not task.may_be_closed or read is None or read.engine == NO_READER:
            continue
        if task.field not in wanted.get(task.page_id, ()):
            why = Closed.READ if task.field in read.fields else Closed.NOT_WANTED
            keying.close(task.no, why, who)


def _not_due(
    reading: Reading, booked: Mapping[str, Transaction], kind: DocumentType | None
) -> frozenset[FieldName]:
    """The fields that the page's own transaction does not have, as the amount of one without money.

    On a customer's paper, as an identity card, only what its type names is due.
    """
    if kind is not None and kind.share is Share.CUSTOMER:
        return frozenset(name for name in FieldName if name not in kind.all_fields)
    serial = reading.fields.get(FieldName.SERIAL_NO)
    transaction = booked.get(serial.value) if serial else None
    if transaction is None:
        return frozenset()
    return frozenset(name for name, value in expected_values(transaction).items() if not value)
