"""Reading files with no workspace: the tool for measuring."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.reports.wording import DOUBTS
from flows.how_to_read import HowToRead
from flows.reading_pool import PageLimits, ReadingPool
from ingest.admission import inspect, refusal
from pipeline.errors import PageRefused, refused_by_system
from pipeline.forms.model import FormModel
from pipeline.language import Message, say
from pipeline.model import Finding, Reading
from pipeline.papers import paper_of
from pipeline.sandbox import Sandbox
from pipeline.scan_rules import ScanRules
from pipeline.serials import SERIAL_GRAMMAR
from pipeline.sheets import OwnSheet

_PATIENT = PageLimits(seconds=30.0)
"""No batch waits here. A faint slip that both engines read costs 4 s, and over 10 on a crowded machine."""
_AHEAD = 8
"""Pages handed to the reading processes before the first result is waited for."""


@dataclass(frozen=True)
class ReadPage:
    """A page and what was read on it; ``reading`` is None of own sheets and where it could not be opened."""

    name: str
    findings: tuple[Finding, ...]
    reading: Reading | None
    sheet: OwnSheet | None = None

    @property
    def refused(self) -> Message | None:
        """Why it could not be opened."""
        return None if self.reading or self.sheet else self.findings[0].message


@dataclass(frozen=True)
class _Begun:
    name: str
    findings: tuple[Finding, ...]
    future: Future[Reading] | None
    sheet: OwnSheet | None = None

    def done(self) -> ReadPage:
        reading = self.future.result() if self.future else None
        return ReadPage(self.name, self.findings, reading, self.sheet)


def read_pages(
    files: Sequence[Path], engine: str, workers: int, forms: Sequence[FormModel] = ()
) -> Iterator[ReadPage]:
    """Read the pages of files, in order; what cannot be opened comes with its reason."""
    with ReadingPool(workers, HowToRead(engine, SERIAL_GRAMMAR, tuple(forms)), _PATIENT) as readers:
        begun: list[_Begun] = []
        for one in _begin(files, readers):
            begun.append(one)
            while len(begun) > _AHEAD:
                yield begun.pop(0).done()
        for one in begun:
            yield one.done()


def _begin(files: Sequence[Path], readers: ReadingPool) -> Iterator[_Begun]:
    with Sandbox() as opener:
        for path in files:
            try:
                content = _content(path)
            except PageRefused as error:
                yield _Begun(str(path), (refusal(error),), None)
                continue
            for page in inspect(content, str(path), opener, ScanRules()):
                to_read = page.parameters and not page.sheet
                future = readers.submit(page.page.content) if to_read else None
                yield _Begun(page.name, page.findings, future, page.sheet)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise PageRefused(say("There is no file {path}; check the path.", path=path)) from error
    except IsADirectoryError as error:
        raise PageRefused(say("{path} is a folder; name the files in it.", path=path)) from error
    except OSError as error:
        raise PageRefused(
            say(
                "{name} cannot be opened ({why}); check its rights.",
                name=path,
                why=refused_by_system(error),
            )
        ) from error


def told(page: ReadPage) -> dict[str, Any]:
    """Return a page JSON-ready, messages still messages.

    Keys: file, sheet ("separator" or "cover", else None), checks, codes,
    fields (name -> value, confidence, source, box), paper (kind and values of a bank slip or a receipt,
    else None), doubts (doubt, message), engine, form, refused,
    cpu_seconds and wall_seconds of the reading. Sheets are not read.
    """
    reading = page.reading
    return {
        "file": page.name,
        "sheet": page.sheet.name if page.sheet else None,
        "refused": page.refused,
        "checks": [
            {
                "check": found.check,
                "severity": str(found.severity),
                "measured": found.measured,
                "limit": found.limit,
                "message": found.message,
            }
            for found in page.findings
        ],
        "codes": [
            {"text": code.text, "symbology": code.symbology, "box": list(code.box)}
            for code in (reading.codes if reading else ())
        ],
        "fields": {
            str(name): {
                "value": field.value,
                "confidence": round(field.confidence, 4),
                "source": field.source,
                "box": list(field.box),
            }
            for name, field in (reading.fields.items() if reading else ())
        },
        "paper": _paper(reading) if reading else None,
        "doubts": [
            {"doubt": doubt, "message": DOUBTS[doubt]}
            for doubt in (reading.doubts if reading else ())
        ],
        "engine": reading.engine if reading else None,
        "form": reading.form if reading else None,
        "cpu_seconds": round(reading.cpu_seconds, 4) if reading else 0.0,
        "wall_seconds": round(reading.wall_seconds, 4) if reading else 0.0,
    }


def _paper(reading: Reading) -> dict[str, Any] | None:
    paper = paper_of(reading)
    if paper is None:
        return None
    return {
        "kind": str(paper.kind),
        "values": {
            name: {"value": one.value, "confidence": one.confidence, "box": list(one.box)}
            for name, one in paper.values.items()
        },
    }
