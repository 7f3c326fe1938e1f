"""A folder of bank slips read and linked to a ledger's rows: every page stands in one place of the result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.reports.wording import DOUBTS
from flows.read_pages import ReadPage
from pipeline.doubts import TURNED
from pipeline.errors import PaperproofError
from pipeline.language import Message, say
from pipeline.linking import LedgerRow, Link, Linking, NamedSlip, Unlinked, Why, link_slips
from pipeline.slips import slip_of

REASONS = {
    Why.NO_ROW: say("No row of the ledger fits this slip."),
    Why.TWO_ROWS: say("Two slips or two rows fit alike; look which belongs to which."),
    Why.DIFFERS: say("A row comes near, but differs in what must agree; look at both."),
    Why.TOO_LITTLE: say("Too little of this slip could be read; key it from the paper."),
}
NO_SLIP = "no_slip"
REFUSED = "refused"


@dataclass(frozen=True)
class ToPeople:
    """A page that a person must look at."""

    page: str
    reason: str
    message: Message
    nearest: Link | None = None


@dataclass(frozen=True)
class LinkedFolder:
    """What became of every page of a folder."""

    pages: tuple[ReadPage, ...]
    linking: Linking
    to_people: tuple[ToPeople, ...]
    rows: int

    @property
    def doubtful(self) -> tuple[ReadPage, ...]:
        """Pages with a doubt that a person must look at, linked or not: words and figures (Q15) and others.

        That a page lay turned is told of it in the JSON, but spoils nothing.
        """
        return tuple(
            page for page in self.pages if page.reading and set(page.reading.doubts) - {TURNED}
        )


def link_pages(pages: Iterable[ReadPage], ledger: Sequence[LedgerRow]) -> LinkedFolder:
    """Link the slips among the pages; raises PaperproofError when a page would get lost."""
    pages = tuple(pages)
    slips, others = [], []
    for page in pages:
        slip = slip_of(page.reading) if page.reading else None
        if slip:
            slips.append(NamedSlip(page.name, slip))
        else:
            others.append(_no_slip(page))
    linking = link_slips(slips, ledger)
    to_people = (*(_unlinked(one) for one in linking.unlinked), *others)
    if len(linking.links) + len(linking.copies) + len(to_people) != len(pages):
        raise PaperproofError(
            say("The linked pages do not add up; keep the output for IT, nothing was changed.")
        )
    return LinkedFolder(pages, linking, to_people, len(ledger))


def _no_slip(page: ReadPage) -> ToPeople:
    if page.refused:
        return ToPeople(page.name, REFUSED, page.refused)
    if page.reading and not page.reading.lines:
        return ToPeople(page.name, str(Why.TOO_LITTLE), REASONS[Why.TOO_LITTLE])
    return ToPeople(page.name, NO_SLIP, say("No payer and payee were found on this page."))


def _unlinked(one: Unlinked) -> ToPeople:
    return ToPeople(one.page, str(one.why), REASONS[one.why], one.nearest)


def as_json(folder: LinkedFolder, lang: str) -> dict[str, Any]:
    """Return the result as documented in docs/link.md, sentences in ``lang``."""
    linking = folder.linking
    rows = {link.page: link.txn_id for link in linking.links}
    of_page = {page.name: page for page in folder.pages}
    return {
        "counts": {
            "pages": len(folder.pages),
            "linked": len(linking.links),
            "copies": len(linking.copies),
            "to_people": len(folder.to_people),
            "rows": folder.rows,
            "rows_without_slip": len(linking.rows_left),
        },
        "linked": [{**_page(of_page[one.page], lang), **_link(one)} for one in linking.links],
        "copies": [
            {**_page(of_page[page], lang), "copy_of": first, "txn_id": rows.get(first)}
            for page, first in linking.copies
        ],
        "to_people": [
            {
                **_page(of_page[one.page], lang),
                "reason": one.reason,
                "message": one.message.in_language(lang),
                "nearest": _link(one.nearest) if one.nearest else None,
            }
            for one in folder.to_people
        ],
        "rows_without_slip": [row.txn_id for row in linking.rows_left],
    }


def _page(page: ReadPage, lang: str) -> dict[str, Any]:
    slip = slip_of(page.reading) if page.reading else None
    return {
        "file": page.name,
        "read": {str(name): one.value for name, one in slip.fields.items()} if slip else {},
        "doubts": [
            {"doubt": doubt, "message": DOUBTS[doubt].in_language(lang)}
            for doubt in (page.reading.doubts if page.reading else ())
        ],
    }


def _link(link: Link) -> dict[str, Any]:
    return {
        "txn_id": link.txn_id,
        "score": link.score,
        "evidence": [
            {
                "field": str(part.field),
                "read": part.read,
                "expected": part.expected,
                "verdict": part.verdict,
                "weight": part.weight,
            }
            for part in link.evidence
        ],
    }
