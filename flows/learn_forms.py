"""Forms learned from files: pages read whole, agreed upon, or one sample with its named zones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from flows.delivered_file import content_of
from flows.how_to_read import HowToRead
from flows.reading_pool import ReadingPool
from ingest.admission import inspect
from pipeline.errors import UserError
from pipeline.forms.laying import ORDINARY_DPI, LearnedPage
from pipeline.forms.learn import learn
from pipeline.forms.model import FormModel
from pipeline.forms.zoned import form_of_sample, zones_from
from pipeline.language import say
from pipeline.sandbox import Sandbox
from pipeline.scan_rules import ScanRules


def learn_form(
    name: str, files: Sequence[Path], *, version: int, workers: int, serial_grammar: str
) -> FormModel:
    """Propose a form from filled pages: each is read whole; see ``pipeline.forms.learn``."""
    pages = _read_whole(files, workers, serial_grammar)
    return learn(name, pages, version=version, serial_grammar=serial_grammar)


def form_by_zones(
    name: str, sample: Path, zones: Path, *, version: int, serial_grammar: str
) -> FormModel:
    """Make a form of one sample, blank or filled, and a zones file; see ``pipeline.forms.zoned``."""
    named, code = zones_from(content_of(zones).decode("utf-8", "replace"))
    pages = _read_whole([sample], 1, serial_grammar)
    if len(pages) != 1:
        raise UserError(say("{path} must hold one page, the form's sample.", path=sample))
    return form_of_sample(name, pages[0], named, code, version=version)


def _read_whole(files: Sequence[Path], workers: int, serial_grammar: str) -> list[LearnedPage]:
    pages = []
    with (
        ReadingPool(workers, HowToRead("rapidocr", serial_grammar)) as readers,
        Sandbox() as opener,
    ):
        begun = [
            (one, readers.submit(one.page.content))
            for path in files
            for one in inspect(content_of(path), str(path), opener, ScanRules())
            if one.parameters
        ]
        for one, future in begun:
            reading = future.result()
            page = opener.decode(one.page.content)
            pages.append(
                LearnedPage(
                    name=one.name,
                    sha256=one.sha256,
                    pixels=page.pixels,
                    dpi=page.dpi[0] if page.dpi else ORDINARY_DPI,
                    lines=reading.lines,
                    codes=reading.codes,
                )
            )
    return pages
