"""Reading files with no workspace: the tool for measuring."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalog.reports.wording import DOUBTS
from flows.page_reader import HowToRead
from flows.reading_pool import ReadingPool
from ingest.admission import InspectedPage, inspect, refusal
from pipeline.barcode import SERIAL_GRAMMAR
from pipeline.errors import PageRefused
from pipeline.forms.model import FormModel
from pipeline.language import say
from pipeline.model import Finding, Reading
from pipeline.sandbox import Sandbox
from pipeline.scan_rules import ScanRules

_AHEAD = 8
"""Pages handed to the reading processes before the first result is waited for."""


@dataclass(frozen=True)
class _Begun:
    page: InspectedPage | None
    name: str
    findings: tuple[Finding, ...]
    future: Future[Reading] | None


def read_files(
    files: Sequence[Path], engine: str, workers: int, forms: Sequence[FormModel] = ()
) -> Iterator[dict[str, Any]]:
    """Give one JSON-ready mapping a page, in order; messages stay messages.

    Keys: file, sheet ("separator" or "cover", else None), checks, codes,
    fields (name -> value, confidence, source, box), doubts (doubt, message), engine, form, refused,
    cpu_seconds and wall_seconds of the reading. Sheets are not read.
    """
    with ReadingPool(workers, HowToRead(engine, SERIAL_GRAMMAR, tuple(forms))) as readers:
        begun: list[_Begun] = []
        for one in _begin(files, readers):
            begun.append(one)
            while len(begun) > _AHEAD:
                yield _told(begun.pop(0))
        for one in begun:
            yield _told(one)


def _begin(files: Sequence[Path], readers: ReadingPool) -> Iterator[_Begun]:
    with Sandbox() as opener:
        for path in files:
            try:
                content = _content(path)
            except PageRefused as error:
                yield _Begun(None, str(path), (refusal(error),), None)
                continue
            for page in inspect(content, str(path), opener, ScanRules()):
                to_read = page.parameters and not page.sheet
                future = readers.submit(page.page.content) if to_read else None
                yield _Begun(page, page.name, page.findings, future)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise PageRefused(say("There is no file {path}; check the path.", path=path)) from error
    except IsADirectoryError as error:
        raise PageRefused(say("{path} is a folder; name the files in it.", path=path)) from error
    except OSError as error:
        raise PageRefused(
            say("{name} cannot be opened ({why}); check its rights.", name=path, why=error.strerror)
        ) from error


def _told(begun: _Begun) -> dict[str, Any]:
    reading = begun.future.result() if begun.future else None
    sheet = begun.page.sheet if begun.page else None
    return {
        "file": begun.name,
        "sheet": sheet.name if sheet else None,
        "refused": None if begun.future or sheet else begun.findings[0].message,
        "checks": [
            {
                "check": found.check,
                "severity": str(found.severity),
                "measured": found.measured,
                "limit": found.limit,
                "message": found.message,
            }
            for found in begun.findings
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
        "doubts": [
            {"doubt": doubt, "message": DOUBTS[doubt]}
            for doubt in (reading.doubts if reading else ())
        ],
        "engine": reading.engine if reading else None,
        "form": reading.form if reading else None,
        "cpu_seconds": round(reading.cpu_seconds, 4) if reading else 0.0,
        "wall_seconds": round(reading.wall_seconds, 4) if reading else 0.0,
    }
