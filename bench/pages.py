"""Pages with known truth: invented by seed, or a folder of scans with its truth.json."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from pipeline.model import FieldName
from pipeline.specimens.day import make_branch_day
from pipeline.values import plain_value

LEARNED_FROM = 4
"""Pages of each form that it is learned from; they are not judged."""

_NAMES = {
    "serial": FieldName.SERIAL_NO,
    "custno": FieldName.CUSTOMER_NO,
    "account": FieldName.FUND_ACCOUNT,
    "name": FieldName.CUSTOMER_NAME,
    "biz": FieldName.BUSINESS_NAME,
    "amount": FieldName.AMOUNT,
    "date": FieldName.BUSINESS_DATE,
}
_UNREADABLE = ("blank", "damaged", "missing_image", "crooked")


@dataclass(frozen=True)
class BenchPage:
    """A scan and what stands on it."""

    name: str
    content: bytes
    form: str
    printed: Mapping[FieldName, str]
    plain: Mapping[FieldName, str]
    coded: bool
    """Whether a code on it carries the serial number."""

    def open(self) -> Image.Image:
        """Return the scan as Pillow opens it, outside the sandbox."""
        return Image.open(io.BytesIO(self.content)).convert("RGB")

    @property
    def dpi(self) -> float:
        """Recorded resolution, 300 where none is."""
        return float(Image.open(io.BytesIO(self.content)).info.get("dpi", (300, 300))[0])


def invented(seed: int, count: int) -> list[BenchPage]:
    """Return invented pages of three forms, enough to learn from and about ``count`` to judge."""
    with TemporaryDirectory() as folder:
        make_branch_day(
            Path(folder),
            seed=seed,
            pages=count + 3 * LEARNED_FROM,
            branch="3301",
            day=date(2026, 11, 19),
        )
        pages = from_folder(Path(folder))
        return [replace(page, name=f"{seed}/{page.name}") for page in pages]


def from_folder(folder: Path) -> list[BenchPage]:
    """Return the readable pages of a folder with a truth.json, of which both forms are understood."""
    truth = json.loads((folder / "truth.json").read_text("utf-8"))
    scans = {path.name: path for path in folder.rglob("*.jpg")}
    pages = []
    for case in truth.get("cases") or truth["vouchers"]:
        if case["kind"] in _UNREADABLE or not case.get("fields"):
            continue
        printed = {
            _NAMES.get(key) or FieldName(key): text for key, text in case["fields"].items() if text
        }
        plain = {
            name: value.text for name, text in printed.items() if (value := plain_value(name, text))
        }
        form = case.get("form") or case["template"]
        pages += [
            BenchPage(name, scans[name].read_bytes(), form, printed, plain, bool(case.get("codes")))
            for name in case["scans"]
        ]
    return pages


def parted(pages: Sequence[BenchPage]) -> tuple[dict[str, list[BenchPage]], list[BenchPage]]:
    """Return the pages to learn from, form by form, and those to judge."""
    to_learn: dict[str, list[BenchPage]] = defaultdict(list)
    to_judge = []
    for page in pages:
        if len(to_learn[page.form]) < LEARNED_FROM:
            to_learn[page.form].append(page)
        else:
            to_judge.append(page)
    return to_learn, to_judge
