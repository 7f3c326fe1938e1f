"""Where canaries are hatched: one voucher at a time, drawn, scanned, booked, and its fate planned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np

from pipeline.canaries import Fact
from pipeline.model import Pixels, Transaction
from pipeline.sheet_print import SheetText, draw_sheet
from pipeline.sheets import OwnSheet
from pipeline.specimens.cases import Level
from pipeline.specimens.drawing import draw_voucher
from pipeline.specimens.forms import Form
from pipeline.specimens.people import invent_transaction
from pipeline.specimens.scanner import scan
from pipeline.specimens.vouchers import PrintedVoucher

SCANS = "scans"
SINGLES = "singles"
DPI = 300
QUALITY = 60
"""Of the JPEG: every night's canaries stay in the stores, 13 MB in all."""
SKEW = 0.3
"""Degrees, of an ordinary scan."""


@dataclass
class Nest:
    """Where the canaries are hatched: folder, day and business, and the rows booked so far."""

    folder: Path
    day: date
    branch: str
    serial: Callable[[int], str]
    business: str
    font: Path
    booked: list[Transaction] = field(default_factory=list)

    @property
    def transactions(self) -> tuple[Transaction, ...]:
        """The stream's rows."""
        return tuple(sorted(self.booked, key=lambda row: (row.occur_at, row.serial_no)))

    @property
    def total(self) -> Decimal:
        """Sum of their amounts."""
        return sum((row.amount or Decimal(0) for row in self.booked), Decimal("0.00"))


@dataclass
class Egg:
    """One canary in the making; its random numbers are its own and the same on every day."""

    nest: Nest
    name: str
    number: int
    rng: np.random.Generator
    pages: list[str] = field(default_factory=list)
    planned: set[Fact] = field(default_factory=set)
    serial_no: str | None = None

    def paper(self) -> Transaction:
        """The transaction that the paper tells of."""
        nest = self.nest
        made = invent_transaction(
            self.rng, day=nest.day, branch=nest.branch, serial_no=nest.serial(self.number)
        )
        return replace(made, business_code=nest.business)

    def book(self, row: Transaction) -> None:
        """Put the transaction into the stream."""
        self.nest.booked.append(row)
        self.serial_no = row.serial_no

    def put(self, content: bytes, batch: str = SINGLES, suffix: str = ".jpg") -> str:
        """Write a scan into its batch; returns its name."""
        name = f"{self.name}-{len(self.pages) + 1}{suffix}"
        folder = self.nest.folder / SCANS / batch
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        self.pages.append(name)
        return name

    def drawn(self, form: Form, printed: PrintedVoucher, *codes: str) -> Pixels:
        """The filled voucher on paper."""
        return draw_voucher(
            form, printed, self.rng, font=self.nest.font, level=Level.EASY, codes=codes, dpi=DPI
        ).pixels

    def scanned(self, page: Pixels, *, skew: float = SKEW, dpi: int = DPI) -> bytes:
        """The paper as an ordinary scanner sees it."""
        return scan(
            page,
            Level.EASY,
            self.rng,
            skew_degrees=skew,
            dpi=dpi,
            page_dpi=DPI,
            quality=QUALITY,
        )

    def sheet(self, sheet: OwnSheet, batch: str) -> str:
        """Put one of our own sheets."""
        text = SheetText(sheet.title, (), ())
        drawn = draw_sheet(sheet, text, "zh", dpi=DPI, font=self.nest.font)
        return self.put(self.scanned(drawn), batch)

    def plan(self, what: str, page: str | None = None, detail: str | None = None) -> None:
        """Say what must become of it."""
        self.planned.add(Fact(str(what), page, detail))
