"""Forms kept as JSON in a folder, and learned from files: read whole, agreed upon, proposed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from catalog.forms import FormState, KeptForm
from flows.page_reader import HowToRead
from flows.reading_pool import ReadingPool
from ingest.admission import inspect
from pipeline.errors import UserError
from pipeline.forms.laying import ORDINARY_DPI, LearnedPage
from pipeline.forms.learn import learn
from pipeline.forms.model import FormModel, from_json
from pipeline.forms.zoned import form_of_sample, zones_from
from pipeline.language import say
from pipeline.sandbox import Sandbox
from pipeline.scan_rules import ScanRules


def load_forms(folder: Path) -> tuple[FormModel, ...]:
    """Return the forms of a folder by name, of each the newest version; none where there is no folder.

    Raises UserError when one cannot be read.
    """
    return newest(load_form(path) for path in sorted(folder.glob("*.json")))


def newest(forms: Iterable[FormModel]) -> tuple[FormModel, ...]:
    """Return of each name the newest version, by name."""
    found: dict[str, FormModel] = {}
    for form in forms:
        if form.name not in found or found[form.name].version < form.version:
            found[form.name] = form
    return tuple(found[name] for name in sorted(found))


def forms_in_use(own: Iterable[FormModel], kept: Iterable[KeptForm]) -> tuple[FormModel, ...]:
    """Return the forms that pages are read by: the folder's ``own`` and the catalog's confirmed ones.

    A retired form takes its earlier versions with it.
    """
    decided: dict[FormState, list[FormModel]] = {state: [] for state in FormState}
    for one in kept:
        if one.form:
            decided[one.state].append(one.form)
    retired = decided[FormState.RETIRED]
    every = newest([*own, *decided[FormState.CONFIRMED], *retired])
    return tuple(form for form in every if form not in retired)


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
    pages = _read_whole(files, workers, serial_grammar)
    return learn(name, pages, version=version, serial_grammar=serial_grammar)


def form_by_zones(
    name: str, sample: Path, zones: Path, *, version: int, serial_grammar: str
) -> FormModel:
    """Make a form of one sample, blank or filled, and a zones file; see ``pipeline.forms.zoned``."""
    named, code = zones_from(_content(zones).decode("utf-8", "replace"))
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
                    dpi=page.dpi[0] if page.dpi else ORDINARY_DPI,
                    lines=reading.lines,
                    codes=reading.codes,
                )
            )
    return pages


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UserError(say("There is no file {path}; check the path.", path=path)) from error
    except OSError as error:
        raise UserError(
            say("{name} cannot be opened ({why}); check its rights.", name=path, why=error.strerror)
        ) from error
