"""The keying queue over a day's pages: what people are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flows.parts import Parts
from pipeline.document_types import DocumentType, Share
from pipeline.evidence import expected_values
from pipeline.keying.causes import causes
from pipeline.model import FieldName, Reading, Transaction
from pipeline.vouchers import continuation_pages


def ask_people(parts: Parts, day: date, branch: str, who: str) -> int:
    """Put into the queue what could not be read on a branch and day's pages; may be run again.

    What a voucher's continuation pages lack stands on the page that they follow.

    Returns how many fields are new.
    """
    pages = parts.catalog.pages.of_day(day, branch)
    following = continuation_pages(pages)
    known = parts.profile_on(day).types
    types = {page.page_id: known.get(page.document_type or "") for page in pages}
    booked = {one.serial_no: one for one in parts.catalog.streams.of_day(day, branch)}
    wanted = {
        page_id: found
        for page_id, reading in parts.catalog.readings.of_day(day, branch).items()
        if page_id not in following
        and (
            found := causes(
                reading, parts.settings.keying, _not_due(reading, booked, types.get(page_id))
            )
        )
    }
    return parts.catalog.keying.ask(wanted, who)


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
