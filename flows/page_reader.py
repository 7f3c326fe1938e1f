"""The program's own reader of pages: opened in the sandbox, then read; made inside a reading process."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from pipeline.engines.rapid import RapidEngine
from pipeline.engines.tesseract import TesseractEngine
from pipeline.errors import UserError
from pipeline.forms.laying import ORDINARY_DPI, LearnedPage
from pipeline.forms.model import FormModel
from pipeline.forms.propose import Proposal, propose
from pipeline.model import FieldValue, Reading
from pipeline.reading import Reader
from pipeline.sandbox import Sandbox
from pipeline.searchable.pdfa import searchable_page, text_of
from pipeline.searchable.text import PageText, Searchable


class PageReader:
    """Reads pages from their master's bytes: opened in the sandbox, then read."""

    def __init__(self, engine: str, serial_grammar: str, forms: tuple[FormModel, ...] = ()) -> None:
        first, second = (
            (TesseractEngine(), RapidEngine())
            if engine == "tesseract"
            else (RapidEngine(), _second_engine())
        )
        self._reader_with = partial(Reader, first, second, serial_grammar=serial_grammar)
        self._reader = self._reader_with(forms=forms)
        self._serial_grammar = serial_grammar
        self._sandbox = Sandbox()

    def read(self, content: bytes) -> Reading:
        """Read a page; raises PageRefused when it cannot be opened."""
        return self._reader.read(self._sandbox.decode(content).pixels)

    def read_again(self, content: bytes, field: FieldValue) -> FieldValue | None:
        """Read one field's place a second time, by other means; None when nothing was read there."""
        return self._reader.confirm(self._sandbox.decode(content).pixels, field)

    def propose(
        self, name: str, pages: Sequence[tuple[str, bytes, Reading]], least: int
    ) -> Proposal | None:
        """Propose the form of pages (SHA-256, master, what was read whole); None when they prove none."""
        learned = [
            (self._learned(sha256, content, whole), whole) for sha256, content, whole in pages
        ]
        return propose(
            name,
            learned,
            lambda form: self._reader_with(forms=(form,)).read,
            self._serial_grammar,
            least,
        )

    def any_known(self, contents: Sequence[bytes]) -> bool:
        """Tell whether one of the pages is of a form that this reader knows."""
        return any(self._reader.form_of(self._sandbox.decode(one).pixels) for one in contents)

    def _learned(self, sha256: str, content: bytes, whole: Reading) -> LearnedPage:
        page = self._sandbox.decode(content)
        dpi = page.dpi[0] if page.dpi else ORDINARY_DPI
        return LearnedPage(sha256[:8], sha256, page.pixels, dpi, whole.lines, whole.codes)

    def searchable(self, content: bytes, master: str, known: PageText | None) -> Searchable:
        """Make a page's searchable derivative, of its ``known`` text or of the text read now.

        ``master``: SHA-256 of ``content``. Raises PageRefused when the page cannot be opened.
        """
        picture = self._sandbox.picture(content)
        text = known or self._reader.read_text(self._sandbox.decode(content).pixels)
        pdf = searchable_page(picture, text.lines, master=master)
        return Searchable(pdf, text_of(pdf), text.engine)

    def text_of(self, pdf: bytes) -> str:
        """Return the text of a searchable derivative."""
        return text_of(pdf)


def _second_engine() -> TesseractEngine | None:
    """Tesseract where it is installed; without it no value gets a second, independent reading."""
    try:
        return TesseractEngine()
    except UserError:
        return None
