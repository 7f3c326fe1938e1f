"""Forms kept as JSON in a folder, and learned from files: read whole, agreed upon, proposed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from flows.page_reader import HowToRead
from flows.reading_pool import ReadingPool
from ingest.admission import inspect
from pipeline.errors import UserError
from pipeline.forms.laying import LearnedPage
from pipeline.forms.learn import learn
from pipeline.forms.model import FormModel, from_json
from pipeline.language import say
from pipeline.sandbox import Sandbox
from pipeline.scan_rules import ScanRules

_ORDINARY_DPI = 300.0
"""Taken where a scan records no resolution: only the millimetres shown to a person depend on it."""


def load_forms(folder: Path) -> tuple[FormModel, ...]:
    """Return the forms of a folder by name, of each the newest version; none where there is no folder.

    Raises UserError when one cannot be read.
    """
    newest: dict[str, FormModel] = {}
    for path in sorted(folder.glob("*.json")):
        form = load_form(path)
        if form.name not in newest or newest[form.name].version < form.version:
            newest[form.name] = form
    return tuple(newest[name] for name in sorted(newest))


def load_form(path: Path) -> FormModel:
    """Read one form; raises UserError when it is none."""
    try:
        return from_json(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            say(
                "{path} is no form that can be read; learn it again or take it out of the folder.",
                path=path,
            )
        ) from error


def learn_form(
    name: str, files: Sequence[Path], *, version: int, workers: int, serial_grammar: str
) -> FormModel:
    """Propose a form from filled pages: each is read whole; see ``pipeline.forms.learn``."""
    pages = []
    with (
        ReadingPool(workers, HowToRead("rapidocr", serial_grammar)) as readers,
        Sandbox() as opener,
    ):
        begun = [
            (one, readers.submit(one.page.content))
            for path in files
            for one in inspect(_content(path), str(path), opener, ScanRules())
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
                    dpi=page.dpi[0] if page.dpi else _ORDINARY_DPI,
                    lines=reading.lines,
                    codes=reading.codes,
                )
            )
    return learn(name, pages, version=version, serial_grammar=serial_grammar)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(
            say("{name} cannot be opened ({why}); check its rights.", name=path, why=error.strerror)
        ) from error
