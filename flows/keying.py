"""The keying queue over a day's pages: what is asked for, and the picture each person keys from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from PIL import Image

from flows.parts import Parts, Stores
from ingest.admission import Opener
from pipeline.balance import CatalogedPage
from pipeline.document_types import DocumentType, Share
from pipeline.errors import PageRefused
from pipeline.evidence import expected_values
from pipeline.keying.causes import causes
from pipeline.keying.overlay import with_keyed
from pipeline.keying.picture import Place, place_of, zone_picture
from pipeline.keying.tasks import KeyingTask, State
from pipeline.model import FieldName, Reading, Transaction
from pipeline.tasks.review import rejections, without_rejected
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


def pages_in_hand(parts: Parts, day: date, branch: str) -> tuple[CatalogedPage, ...]:
    """Give every delivery of a branch and day as it was read, keyed values in place of read ones.

    A page that a review rejected is a refused one.
    """
    keyed = parts.catalog.keying.tasks(day, branch, states=(State.SETTLED,))
    pages = with_keyed(parts.catalog.pages.of_day(day, branch), keyed)
    return without_rejected(pages, rejections(parts.catalog.tasks.of_day(day, branch)))


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


@dataclass(frozen=True)
class KeyingPictures:
    """Makes and keeps the pictures that people key from."""

    parts: Parts
    opened: Callable[[], tuple[Stores, Opener]]
    """Gives the stores and the sandbox, opened at first need."""

    def __call__(self, task: KeyingTask) -> Path | None:
        """Return the PNG of a task's place on its page; None when the page cannot be opened."""
        kept = self.parts.workspace.keying / f"{task.no}.png"
        if kept.exists():
            return kept
        stores, opener = self.opened()
        try:
            pixels = opener.decode(stores.vault.read(task.page_id)).pixels
        except PageRefused:
            return None
        reading = self.parts.catalog.readings.of_page(task.page_id)
        place = place_of(reading, task.field) if reading else Place(None)
        picture = zone_picture(pixels, place)
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = kept.with_name(f".{kept.name}.part")
        Image.fromarray(picture).save(partial, "PNG")
        return partial.replace(kept)  # whole or not at all
