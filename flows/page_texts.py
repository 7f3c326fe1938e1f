"""The whole text of a closed day's pages, as searchable derivatives: one page after another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, TypeVar

from catalog.texts import Asking, StoredText, TextState
from flows.parts import Parts
from flows.progress import Progress
from flows.reading_process import DIED, FAILED, NO_MEMORY, NOT_OPENED, TOO_SLOW, Failed
from flows.stores import Stores
from pipeline.errors import Corrupt, NotFound, PaperproofError
from pipeline.language import Message, say
from pipeline.model import NO_READER, Reading
from pipeline.searchable.text import PageText, Searchable

T = TypeVar("T")


class MakesTexts(Protocol):
    """What makes derivatives, or tells why it cannot; see ``flows.reading_pool``."""

    def searchable(
        self, content: bytes, master: str, known: PageText | None
    ) -> Searchable | Failed:
        """Make a page's derivative, of its ``known`` text or of the text read now."""
        ...

    def text_of(self, pdf: bytes) -> str | Failed:
        """Return the text of a derivative."""
        ...


@dataclass(frozen=True)
class TextMaking:
    """The surroundings of one run."""

    parts: Parts
    stores: Stores
    readers: MakesTexts
    who: str


@dataclass
class TextsMade:
    """What became of a branch's pages: each stands in exactly one of the counts."""

    branch: str
    pages: int
    made: int = 0
    already: int = 0
    indexed: int = 0
    """Made searchable in this run, whenever they were made."""
    failed: list[tuple[str, Message]] = field(default_factory=list)
    """Name of the page, and why it has no text."""

    def must_add_up(self) -> None:
        """Raise PaperproofError unless pages = made + already there + failed."""
        accounted = self.made + self.already + len(self.failed)
        if self.pages != accounted:
            raise PaperproofError(
                say(
                    "Of {pages} pages of branch {branch} the texts of only {accounted} are accounted for; "
                    "report this to IT.",
                    pages=self.pages,
                    branch=self.branch,
                    accounted=accounted,
                )
            )


def make_branch_texts(making: TextMaking, day: date, branch: str, progress: Progress) -> TextsMade:
    """Make and store what is missing; may be run again, and goes on where it was stopped.

    A page that fails is named and passed over, and tried again by the next run.
    """
    pages = making.parts.catalog.texts.of_day(day, branch)
    account = TextsMade(branch, len(pages))
    progress.total(len(pages))
    for page in pages:
        try:
            _make_one(making, page, account)
        except (_NoText, NotFound, Corrupt) as error:
            account.failed.append((page.name, error.message))
        progress.step(say("text of {name}", name=page.name))
    account.must_add_up()
    return account


class _NoText(PaperproofError):
    """A page of which no text could be made."""


def _make_one(making: TextMaking, page: TextState, account: TextsMade) -> None:
    texts, vault = making.parts.catalog.texts, making.stores.vault
    reason = making.parts.settings.text.index_reason
    wanted = page.indexed is None and bool(reason)
    if page.text_sha256 is None:
        text = _stored(making, page)
        account.made += 1
    elif wanted:
        text = _or_raise(making.readers.text_of(vault.read_text(page.text_sha256)))
        account.already += 1
    else:
        account.already += 1
        return
    if wanted:
        texts.index(page.sha256, text, Asking(making.who, reason))
        account.indexed += 1


def _stored(making: TextMaking, page: TextState) -> str:
    """Make one page's derivative, store it, then enter it; return its text."""
    catalog, vault = making.parts.catalog, making.stores.vault
    reading = catalog.readings.of_page(page.sha256)
    known = PageText(reading.lines, reading.engine) if reading and _whole(reading) else None
    made = _or_raise(making.readers.searchable(vault.read(page.sha256), page.sha256, known))
    kept = vault.keep_text(made.pdf)
    catalog.texts.keep(
        StoredText(page.sha256, kept.sha256, kept.byte_count, made.engine, kept.versions),
        making.who,
    )
    return made.text


def _whole(reading: Reading) -> bool:
    """Whether the lines of a reading are all the page's, and not its zones' alone."""
    return reading.form is None and reading.engine != NO_READER


def _or_raise(result: T | Failed) -> T:
    if isinstance(result, Failed):
        raise _NoText(_WHY.get(result.doubt, _WHY[FAILED]))
    return result


_WHY: Mapping[str, Message] = {
    NOT_OPENED: say("The page could not be opened."),
    DIED: say("The program that read the page ended twice without a result."),
    TOO_SLOW: say("Reading the page took too long, twice, and was stopped."),
    NO_MEMORY: say("Reading the page took too much memory, twice, and was stopped."),
    FAILED: say("The page could not be read, tried twice."),
}
