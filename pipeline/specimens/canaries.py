"""The canaries as scans and a stream file: the same vouchers always, with the day's own date and serials."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.balance import DiscrepancyKind as Kind
from pipeline.canaries import DOUBT, GROUPS, MATCHED, Canary, Fact
from pipeline.code_and_print import CODE_DIFFERS
from pipeline.model import FieldName, Pixels, Transaction
from pipeline.sheet_print import SheetText, draw_sheet
from pipeline.sheets import OwnSheet, Separator, cover_of
from pipeline.specimens.cases import Level
from pipeline.specimens.drawing import draw_voucher
from pipeline.specimens.fonts import find_font
from pipeline.specimens.forms import RULED, SLIP, UNDERLINED, Form
from pipeline.specimens.ink import BLACK, lay
from pipeline.specimens.marks import CODE128, QR, code_ink
from pipeline.specimens.people import invent_transaction, with_other_amount, with_other_name
from pipeline.specimens.scanner import damage, scan, scan_blank
from pipeline.specimens.sheet import A4, Sheet
from pipeline.specimens.stream import write_stream
from pipeline.specimens.vouchers import PrintedVoucher, print_voucher

STREAM = "stream.csv"
SCANS = "scans"
_SINGLES, _PAGES, _COUNTED = "singles", "several-pages", "counted"
_DPI, _LOW_DPI = 300, 150
_QUALITY = 60
"""Of the JPEG: every night's canaries stay in the stores, 13 MB in all."""
_SKEW = 0.3
_CROOKED = 5.5
"""Degrees; Q07 refuses above 3."""
_CUT_MM = 30
"""Through the labels of the underlined form: 17 to 20 cut characters; Q08 refuses from 6."""
_BOMB_SIDE = 60_000


@dataclass
class _Nest:
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
class _Egg:
    """One canary in the making; its random numbers are its own and the same on every day."""

    nest: _Nest
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

    def put(self, content: bytes, batch: str = _SINGLES, suffix: str = ".jpg") -> str:
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
            form, printed, self.rng, font=self.nest.font, level=Level.EASY, codes=codes, dpi=_DPI
        ).pixels

    def scanned(self, page: Pixels, *, skew: float = _SKEW, dpi: int = _DPI) -> bytes:
        """The paper as an ordinary scanner sees it."""
        return scan(
            page,
            Level.EASY,
            self.rng,
            skew_degrees=skew,
            dpi=dpi,
            page_dpi=_DPI,
            quality=_QUALITY,
        )

    def sheet(self, sheet: OwnSheet, batch: str) -> str:
        """Put one of our own sheets."""
        text = SheetText(sheet.title, (), ())
        drawn = draw_sheet(sheet, text, "zh", dpi=_DPI, font=self.nest.font)
        return self.put(self.scanned(drawn), batch)

    def plan(self, what: str, page: str | None = None, detail: str | None = None) -> None:
        """Say what must become of it."""
        self.planned.add(Fact(str(what), page, detail))


def make_canaries(
    folder: Path,
    *,
    day: date,
    branch: str,
    serial: Callable[[int], str],
    business: str,
    leave_out: Collection[str] = (),
    font: Path | None = None,
    drawn: Callable[[str], None] = lambda _name: None,
) -> tuple[Canary, ...]:
    """Write scans/<batch>/… and stream.csv into ``folder``; equal arguments make equal bytes.

    ``serial`` gives the serial number of a running number, ``business`` is the code of a business that asks
    for one paper. ``drawn`` is told after each canary.
    """
    nest = _Nest(folder, day, branch, serial, business, font or find_font())
    canaries = []
    for number, (name, group) in enumerate(GROUPS.items(), start=100_001):
        if name in leave_out:
            continue
        egg = _Egg(nest, name, number, np.random.default_rng(list(name.encode())))
        _HATCHES[name](egg)
        canaries.append(
            Canary(name, group, egg.serial_no, tuple(egg.pages), frozenset(egg.planned))
        )
        drawn(name)
    write_stream(folder / STREAM, [nest])
    return tuple(canaries)


# ---------------------------------------------------------------- good ones


def _good(form: Form, *codes: str) -> Callable[[_Egg], None]:
    def hatch(egg: _Egg) -> None:
        _agreeing(egg, form, *codes)

    return hatch


def _agreeing(egg: _Egg, form: Form, *codes: str, batch: str = _SINGLES) -> Pixels:
    """A voucher that agrees with its booking; returns it on paper."""
    paper = egg.paper()
    page = egg.drawn(form, print_voucher(paper, egg.rng), *codes)
    egg.book(paper)
    egg.plan(MATCHED, egg.put(egg.scanned(page), batch))
    return page


def _good_pages(egg: _Egg) -> None:
    egg.sheet(cover_of(egg.nest.branch, egg.nest.day, _PAGES, vouchers=1, pages=2), _PAGES)
    _agreeing(egg, RULED, CODE128, batch=_PAGES)
    egg.plan(MATCHED, egg.put(egg.scanned(_continuation(egg)), _PAGES))
    egg.sheet(Separator(), _PAGES)


def _continuation(egg: _Egg) -> Pixels:
    """A second page without any value."""
    sheet = Sheet(A4, egg.nest.font, _DPI)
    sheet.label(105, 40, "附页", 6, bold=True, anchor="ms")
    for line in range(12):
        sheet.label(24, 60 + 12 * line, "本附页为业务受理单之组成部分，与首页一并归档保管。", 4)
    width, height = A4.pixels(_DPI)
    page = np.full((height, width, 3), 255, np.uint8)
    lay(page, sheet.form_ink(), BLACK)
    return page


def _good_online(egg: _Egg) -> None:
    egg.book(replace(egg.paper(), channel="online_hall", voucher_count=None))


# ---------------------------------------------------------------- bad ones


def _refused(egg: _Egg, content: bytes, check: str, suffix: str = ".jpg") -> None:
    """A scan that must be refused by a check, so that its transaction lacks its page."""
    egg.plan(Kind.QUALITY_REJECT, egg.put(content, suffix=suffix), check)
    egg.plan(Kind.MISSING_IMAGE)


def _bad_scan(
    check: str, spoil: Callable[[bytes, np.random.Generator], bytes] | None = None, **how: float
) -> Callable[[_Egg], None]:
    def hatch(egg: _Egg) -> None:
        paper = egg.paper()
        egg.book(paper)
        page = egg.drawn(UNDERLINED, print_voucher(paper, egg.rng), QR)
        content = egg.scanned(page, skew=how.get("skew", _SKEW), dpi=int(how.get("dpi", _DPI)))
        _refused(egg, spoil(content, egg.rng) if spoil else content, check)

    return hatch


def _cut(content: bytes, _rng: np.random.Generator) -> bytes:
    """Cut the left edge off, through what is printed."""
    with Image.open(io.BytesIO(content)) as opened:
        left = round(_CUT_MM / 25.4 * _DPI)
        part = opened.crop((left, 0, opened.width, opened.height))
        written = io.BytesIO()
        part.save(written, "JPEG", quality=_QUALITY, dpi=(_DPI, _DPI))
    return written.getvalue()


def _bad_blank(egg: _Egg) -> None:
    egg.plan(Kind.BLANK, egg.put(scan_blank(A4.pixels(_DPI), egg.rng, dpi=_DPI)))


def _bad_hostile(egg: _Egg) -> None:
    egg.book(egg.paper())
    _refused(egg, _bomb(), "Q01", ".png")


def _bomb() -> bytes:
    """A PNG of a kilobyte that says it is 60,000 pixels wide and high."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", _BOMB_SIDE, _BOMB_SIDE, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9)
    chunks = chunk(b"IHDR", header), chunk(b"IDAT", rows), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _bad_missing(egg: _Egg) -> None:
    egg.book(egg.paper())
    egg.plan(Kind.MISSING_IMAGE)


def _bad_count(egg: _Egg) -> None:
    cover = cover_of(egg.nest.branch, egg.nest.day, _COUNTED, vouchers=2, pages=2)
    name = egg.sheet(cover, _COUNTED)
    _agreeing(egg, UNDERLINED, QR, batch=_COUNTED)
    egg.sheet(Separator(), _COUNTED)
    egg.plan(Kind.PAGE_CHECK, name, "Q11")
    egg.plan(Kind.PAGE_CHECK, name, "voucher_count")


# ---------------------------------------------------------------- forged ones


def _forged_words(egg: _Egg) -> None:
    paper = egg.paper()
    printed = print_voucher(paper, egg.rng)
    other = print_voucher(with_other_amount(paper, egg.rng), egg.rng)
    egg.book(paper)
    page = egg.put(egg.scanned(egg.drawn(UNDERLINED, replace(printed, words=other.words), QR)))
    egg.plan(MATCHED, page)
    egg.plan(Kind.PAGE_CHECK, page, "Q15")


def _forged_code(egg: _Egg) -> None:
    """The code is the booked transaction's, the print another's."""
    paper = egg.paper()
    printed = print_voucher(paper, egg.rng)
    values = {**printed.values, FieldName.SERIAL_NO: egg.nest.serial(egg.number + 777_000)}
    page = egg.drawn(RULED, replace(printed, values=values))
    x, y = RULED.codes_at[CODE128]
    at = round(x / 25.4 * _DPI), round(y / 25.4 * _DPI)
    lay(page, code_ink(paper.serial_no, CODE128, _DPI), BLACK, *at)
    egg.book(paper)
    name = egg.put(egg.scanned(page))
    egg.plan(MATCHED, name)
    egg.plan(DOUBT, name, CODE_DIFFERS)


def _forged_unbooked(egg: _Egg) -> None:
    paper = egg.paper()
    page = egg.drawn(UNDERLINED, print_voucher(paper, egg.rng), QR)
    egg.plan(Kind.SURPLUS_IMAGE, egg.put(egg.scanned(page)))


def _booked_as(
    other: Callable[[Transaction, np.random.Generator], Transaction], differs: FieldName
) -> Callable[[_Egg], None]:
    def hatch(egg: _Egg) -> None:
        paper = egg.paper()
        page = egg.put(egg.scanned(egg.drawn(RULED, print_voucher(paper, egg.rng), CODE128)))
        egg.book(other(paper, egg.rng))
        egg.plan(MATCHED, page)
        egg.plan(Kind.FIELD_MISMATCH, page, str(differs))

    return hatch


def _forged_copy(egg: _Egg) -> None:
    _agreeing(egg, SLIP, QR)
    first = egg.nest.folder / SCANS / _SINGLES / egg.pages[0]
    egg.plan(Kind.DUPLICATE, egg.put(first.read_bytes()))


def _forged_rescan(egg: _Egg) -> None:
    page = _agreeing(egg, UNDERLINED, QR)
    egg.plan(Kind.DUPLICATE, egg.put(egg.scanned(page, skew=-0.8)))


_HATCHES: Mapping[str, Callable[[_Egg], None]] = {
    "good-qr": _good(UNDERLINED, QR),
    "good-bar": _good(RULED, CODE128),
    "good-plain": _good(UNDERLINED),
    "good-slip": _good(SLIP),
    "good-pages": _good_pages,
    "good-online": _good_online,
    "bad-dpi": _bad_scan("Q02", dpi=_LOW_DPI),
    "bad-crooked": _bad_scan("Q07", skew=_CROOKED),
    "bad-cut": _bad_scan("Q08", _cut),
    "bad-damaged": _bad_scan("Q01", damage),
    "bad-hostile": _bad_hostile,
    "bad-blank": _bad_blank,
    "bad-missing": _bad_missing,
    "bad-count": _bad_count,
    "forged-words": _forged_words,
    "forged-code": _forged_code,
    "forged-unbooked": _forged_unbooked,
    "forged-amount": _booked_as(with_other_amount, FieldName.AMOUNT),
    "forged-name": _booked_as(with_other_name, FieldName.CUSTOMER_NAME),
    "forged-copy": _forged_copy,
    "forged-rescan": _forged_rescan,
}
