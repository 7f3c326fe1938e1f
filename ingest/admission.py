"""From a claimed file to pages that may be admitted, or are refused with a reason. Nothing is stored here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pipeline.barcode import find_sheet
from pipeline.checks import check, is_blank, is_rejected
from pipeline.errors import PageRefused
from pipeline.measured import ScanParameters
from pipeline.model import DecodedPage, Finding, Severity, SplitPage
from pipeline.parameters import measure
from pipeline.scan_rules import ScanRules
from pipeline.serials import SERIAL_GRAMMAR
from pipeline.sheets import OwnSheet


class Opener(Protocol):
    """Opens untrusted bytes under limits (the sandbox)."""

    def split(self, content: bytes, name: str) -> list[SplitPage]:
        """Tell a delivered file's pages apart."""
        ...

    def decode(self, content: bytes, name: str | None = None) -> DecodedPage:
        """Open one page; ``name`` is told when it cannot be opened."""
        ...


@dataclass(frozen=True)
class InspectedPage:
    """One page of a delivered file, judged."""

    name: str
    """Name of the delivered file; "#n" is added where it holds several pages."""
    page: SplitPage
    sha256: str
    parameters: ScanParameters | None
    """None when the page could not be opened."""
    findings: tuple[Finding, ...]
    sheet: OwnSheet | None = None
    """The separator or cover of ours that the page is; how it was scanned does not matter then."""

    @property
    def refused(self) -> bool:
        """Whether the page must not be admitted."""
        return is_rejected(self.findings)

    @property
    def to_be_read(self) -> bool:
        """Whether a voucher may stand on it, as far as it could be opened."""
        return self.parameters is not None and not self.blank and self.sheet is None

    @property
    def blank(self) -> bool:
        """Whether the page carries next to no ink (Q10)."""
        return is_blank(self.findings)


def inspect(
    content: bytes,
    name: str,
    opener: Opener,
    rules: ScanRules,
    serial_grammar: str = SERIAL_GRAMMAR,
) -> Iterator[InspectedPage]:
    """Split a delivered file and judge each page; a file that cannot be opened is one refused page.

    The number of pages given is the number of pages in the file, whatever became of each. A page that
    is one of our own sheets and bears no serial number (``serial_grammar``) is not judged.
    """
    try:
        pages = opener.split(content, name)
    except PageRefused as error:
        yield _unopened(name, SplitPage(1, content, ""), error)
        return
    # A page cut out of a file of several may have been written anew: its share of the file counts (Q04).
    byte_count = len(content) // len(pages)
    for page in pages:
        page_name = name if len(pages) == 1 else f"{name}#{page.page_no}"
        try:
            decoded = opener.decode(page.content, page_name)
        except PageRefused as error:
            yield _unopened(page_name, page, error)
            continue
        parameters = measure(decoded, byte_count)
        sheet = find_sheet(decoded.pixels, serial_grammar)
        findings = () if sheet else check(parameters, rules)
        yield InspectedPage(page_name, page, _digest(page.content), parameters, findings, sheet)


def refusal(error: PageRefused) -> Finding:
    """Put what made a page unopenable as a finding."""
    return Finding(error.check, Severity.REJECT, "–", "–", error.message)


def _unopened(name: str, page: SplitPage, error: PageRefused) -> InspectedPage:
    return InspectedPage(name, page, _digest(page.content), None, (refusal(error),))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
