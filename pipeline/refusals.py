"""Why a page or container is refused before it is a page: one sentence for each reason (check Q01).

The reason and its numbers are all that crosses the sandbox's wall; the sentence is put together
outside, so that nothing a hostile page says of itself is ever shown to a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from pipeline.errors import PageRefused
from pipeline.language import Message, say


class Why(StrEnum):
    """The reasons for which content is refused unopened or half opened."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    WRONG_KIND = "wrong_kind"
    CONTAINER = "container"
    DAMAGED = "damaged"
    UNSUPPORTED = "unsupported"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY_PAGES = "too_many_pages"
    TOO_MUCH_TOGETHER = "too_much_together"
    NO_PAGES = "no_pages"
    PASSWORD = "password"  # noqa: S105 - a reason, not a secret
    BROKEN_PDF = "broken_pdf"
    BROKEN_PDF_PAGE = "broken_pdf_page"
    MISSING_FONTS = "missing_fonts"
    MEMORY = "memory"
    CPU_TIME = "cpu_time"
    WALL_TIME = "wall_time"
    FORBIDDEN = "forbidden"
    CRASHED = "crashed"


def _sentences() -> Mapping[Why, Message]:
    return {
        Why.EMPTY: say("{name} is empty (no bytes); scan the page again."),
        Why.TOO_LARGE: say(
            "{name} is larger than the {limit} MB allowed; "
            "scan at 300 dpi, or deliver fewer pages in one file."
        ),
        Why.WRONG_KIND: say(
            "{name} is {kind} and not a scanned page; deliver JPEG, PNG, TIFF, JPEG 2000 or PDF."
        ),
        Why.CONTAINER: say("{name} is a PDF and not a single page; take it in as a file."),
        Why.DAMAGED: say(
            "{name} is damaged or cut short and does not open completely; scan the page again."
        ),
        Why.UNSUPPORTED: say(
            "{name} stores its pixels in a way that cannot be shown faithfully; "
            "set the scanner to 24-bit colour and scan the page again."
        ),
        Why.TOO_MANY_PIXELS: say(
            "{name} holds a page of more than the {limit} million pixels allowed; "
            "set the scanner to 300 dpi and scan the page again."
        ),
        Why.TOO_MANY_PAGES: say(
            "{name} has more than the {limit} pages allowed; deliver it in several files."
        ),
        Why.TOO_MUCH_TOGETHER: say(
            "The pages of {name} come to more than {limit} MB together; deliver it in several files."
        ),
        Why.NO_PAGES: say("{name} is a PDF without any page; scan the voucher again."),
        Why.PASSWORD: say("{name} is protected by a password; deliver it without one."),
        Why.BROKEN_PDF: say("{name} is a damaged PDF that cannot be opened; make it again."),
        Why.BROKEN_PDF_PAGE: say(
            "{name} is a PDF whose page {page_no} cannot be opened; make it again."
        ),
        Why.MISSING_FONTS: say(
            "{name} is a PDF whose page {page_no} uses fonts it does not carry, so text would be missing; "
            "print it and scan the paper, or make the PDF again with its fonts embedded."
        ),
        Why.MEMORY: say(
            "{name} needs more than the {limit} MB of memory that a page may take; scan the page again."
        ),
        Why.CPU_TIME: say(
            "{name} takes more than the {limit} seconds of work that a page may take; scan the page again."
        ),
        Why.WALL_TIME: say(
            "{name} was not opened within {limit} seconds; take it in again when the machine is less busy."
        ),
        Why.FORBIDDEN: say(
            "{name} tried to reach beyond its own pixels and was stopped; "
            "do not open it, tell IT, and scan the page again."
        ),
        Why.CRASHED: say("{name} made the image decoder fail; scan the page again."),
    }


class Refusal(PageRefused):
    """A page refused under Q01 for a known reason; ``numbers`` fill the places of its sentence."""

    def __init__(
        self, why: Why, name: str | Message | None = None, **numbers: int | str | Message
    ) -> None:
        called = say("The page") if name is None else name
        told = (("name", called), *numbers.items())
        super().__init__(Message(_sentences()[why].template, told), "Q01")
        self.why = why
        self.numbers = numbers
