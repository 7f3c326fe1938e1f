"""Pages that are stored or in quarantine into the catalog: several in one transaction, in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from catalog.deliveries import Entry, StoredPage, admitted, refused
from catalog.pages import Pages
from flows.admit_page import Intake, ProvedPage, RefusedPage, container, of_batch
from flows.taken_in import TakenIn
from pipeline.errors import PaperproofError
from pipeline.events import event
from pipeline.language import say
from pipeline.model import Finding, Severity
from pipeline.vouchers import SHEET
from storage.vault import Kept

_FOR_EACH = 4
"""Pages in one transaction for each that is stored at a time: decision 0028 has what it brings."""

Page = ProvedPage | RefusedPage


class Entering:
    """Pages that wait to be entered together, and the acts that must come after.

    Until then a page lies in both stores and its file where it was delivered: what a crash keeps from being
    entered the next run finds there and enters.
    """

    def __init__(self, intake: Intake, taken: TakenIn) -> None:
        self._intake = intake
        self._taken = taken
        self._at_once = _FOR_EACH * intake.storing if intake.storing > 1 else 1
        self._pages: list[Page] = []
        self._after: list[Callable[[], object]] = []

    def add(self, page: Callable[[], Page]) -> None:
        """Wait for a page; enter it with those before it when they are enough."""
        self._pages.append(page())
        if len(self._pages) >= self._at_once:
            self.enter()

    def then(self, act: Callable[[], object]) -> None:
        """Do ``act`` once all pages taken so far are entered."""
        self._after.append(act)
        if not self._pages:
            self.enter()

    def enter(self) -> None:
        """Enter what waits, and do what waits for that."""
        pages, self._pages = self._pages, []
        after, self._after = self._after, []
        if pages:
            self._intake.at("entering")
            _enter(self._intake, pages, self._taken)
        for act in after:
            act()


@contextmanager
def entering(intake: Intake, taken: TakenIn) -> Iterator[Entering]:
    """Gather pages; whatever ends the block, what was proved until then is entered."""
    gathered = Entering(intake, taken)
    try:
        yield gathered
    finally:
        gathered.enter()


def _enter(intake: Intake, pages: Sequence[Page], taken: TakenIn) -> None:
    before = _Before(intake.parts.catalog.pages, pages)
    entries = [_entry(one, before) for one in pages]
    entered = {id(one) for one in intake.parts.catalog.pages.enter(entries)}
    for entry in entries:
        if id(entry) in entered:
            _tell(entry)
        _count(entry, taken, entered=id(entry) in entered)
        intake.at("entered")


class _Before:
    """What was delivered before a page: by the catalog, and among the pages that are entered with it."""

    def __init__(self, catalog: Pages, pages: Sequence[Page]) -> None:
        self._catalog = catalog
        batch = pages[0].arrival.batch
        admitted_now = [one.arrival.sha256 for one in pages if isinstance(one, ProvedPage)]
        self._first = catalog.first_delivered_as(admitted_now, batch.branch)
        self._batch = batch.id
        self._state: str | None = None

    @property
    def state(self) -> str | None:
        """How the page just before was entered; None when there is none."""
        return self._state or self._catalog.last_state(self._batch)

    def first_of(self, sha256: str) -> str | None:
        """Under which name the same bytes were delivered before."""
        return self._first.get(sha256)

    def add(self, entry: Entry) -> None:
        """Take a page that comes before the next."""
        self._state = entry.state
        self._first.setdefault(entry.arrival.sha256, entry.arrival.name)


def _entry(page: Page, before: _Before) -> Entry:
    if isinstance(page, RefusedPage):
        entry = refused(page.arrival, page.findings, page.place, page.rules)
    else:
        sheet = page.inspected.sheet
        entry = admitted(
            page.arrival,
            _stored(page),
            tuple(_findings(page, before)),
            blank=page.inspected.blank,
            sheet=sheet.text if sheet else None,
            rules=page.rules,
        )
    before.add(entry)
    return entry


def _stored(proved: ProvedPage) -> StoredPage:
    page, parameters = proved.inspected.page, proved.inspected.parameters
    if parameters is None:
        name = proved.arrival.name
        raise PaperproofError(say("{name} was not measured; report this to IT.", name=name))
    return StoredPage(
        sha256=proved.inspected.sha256,
        suffix=page.suffix,
        byte_count=len(page.content),
        container_sha256=container(proved.inspected, proved.claimed),
        page_no=page.page_no,
        parameters=parameters,
        copies=proved.kept.versions,
    )


def _tell(entry: Entry) -> None:
    event(
        "page.entered",
        page=entry.arrival.sha256,
        **of_batch(entry.arrival.batch),
        state=entry.state,
        checks=" ".join(sorted({found.check for found in entry.findings})) or None,
    )


def _count(entry: Entry, taken: TakenIn, *, entered: bool) -> None:
    """Count a page once, with its remarks."""
    if not entered:
        taken.already += 1
        return
    if entry.state == "refused":
        reasons = [found.message for found in entry.findings if found.severity is Severity.REJECT]
        taken.refused.append((entry.arrival.name, reasons[0]))
        return
    for found in entry.findings:
        taken.remarks.setdefault(found.check, []).append(entry.arrival.name)
    if entry.state == SHEET:
        taken.sheets += 1
    elif entry.state == "blank":
        taken.blank += 1
    else:
        taken.admitted += 1


def _findings(page: ProvedPage, before: _Before) -> Iterator[Finding]:
    """What is wrong with a page; a back of a paper that has one side only is rightly blank (Q10)."""
    if not _is_back(page, before):
        yield from page.inspected.findings
    if not page.inspected.sheet:
        yield from _repeated(page, before)
    yield from _healed(page.arrival.name, page.kept)


def _is_back(page: ProvedPage, before: _Before) -> bool:
    """Tell whether a blank page is the back of the page before it."""
    if not (page.inspected.blank and page.rules.rules.single_sided):
        return False
    return before.state in ("admitted", "refused", SHEET)


def _repeated(page: ProvedPage, before: _Before) -> Iterator[Finding]:
    """The same bytes delivered before by this branch: both stay, a person decides (Q12)."""
    first = before.first_of(page.arrival.sha256)
    if first is not None:
        message = say("{name} is the same scan as {first}.", name=page.arrival.name, first=first)
        yield Finding("Q12", Severity.FLAG, "=", "≠", message)


def _healed(name: str, kept: Kept) -> Iterator[Finding]:
    """A store that had other bytes under the page's name, or lost them, was put right (Q18, rule R7)."""
    if kept.healed:
        message = say(
            "A store gave back other bytes than those of {name} and was given them again; have its disk "
            "looked at.",
            name=name,
        )
        yield Finding("Q18", Severity.FLAG, "≠", "=", message)
