"""The canaries as scans and a stream file: the same vouchers always, with the day's own date and serials."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.balance import DiscrepancyKind as Kind
from pipeline.canaries import DOUBT, GROUPS, MATCHED, Canary
from pipeline.code_and_print import CODE_DIFFERS
from pipeline.model import FieldName, Pixels, Transaction
from pipeline.sheets import Separator, cover_of
from pipeline.specimens.canary_nest import DPI, QUALITY, SCANS, SINGLES, SKEW, Egg, Nest
from pipeline.specimens.fonts import find_font
from pipeline.specimens.forms import RULED, SLIP, UNDERLINED, Form
from pipeline.specimens.ink import BLACK, lay
from pipeline.specimens.marks import CODE128, QR, code_ink
from pipeline.specimens.people import with_other_amount, with_other_name
from pipeline.specimens.scanner import damage, scan_blank
from pipeline.specimens.sheet import A4, Sheet
from pipeline.specimens.stream import write_stream
from pipeline.specimens.vouchers import print_voucher

STREAM = "stream.csv"
_PAGES, _COUNTED = "several-pages", "counted"
_LOW_DPI = 150
_CROOKED = 5.5
"""Degrees; Q07 refuses above 3."""
_CUT_MM = 30
"""Through the labels of the underlined form: 17 to 20 cut characters; Q08 refuses from 6."""
_BOMB_SIDE = 60_000


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
    nest = Nest(folder, day, branch, serial, business, font or find_font())
    canaries = []
    for number, (name, group) in enumerate(GROUPS.items(), start=100_001):
        if name in leave_out:
            continue
        egg = Egg(nest, name, number, np.random.default_rng(list(name.encode())))
        _HATCHES[name](egg)
        canaries.append(
            Canary(name, group, egg.serial_no, tuple(egg.pages), frozenset(egg.planned))
        )
        drawn(name)
    write_stream(folder / STREAM, [nest])
    return tuple(canaries)


# ---------------------------------------------------------------- good ones


def _good(form: Form, *codes: str) -> Callable[[Egg], None]:
    def hatch(egg: Egg) -> None:
        _agreeing(egg, form, *codes)

    return hatch


def _agreeing(egg: Egg, form: Form, *codes: str, batch: str = SINGLES) -> Pixels:
    """A voucher that agrees with its booking; returns it on paper."""
    paper = egg.paper()
    page = egg.drawn(form, print_voucher(paper, egg.rng), *codes)
    egg.book(paper)
    egg.plan(MATCHED, egg.put(egg.scanned(page), batch))
    return page


def _good_pages(egg: Egg) -> None:
    egg.sheet(cover_of(egg.nest.branch, egg.nest.day, _PAGES, vouchers=1, pages=2), _PAGES)
    _agreeing(egg, RULED, CODE128, batch=_PAGES)
    egg.plan(MATCHED, egg.put(egg.scanned(_continuation(egg)), _PAGES))
    egg.sheet(Separator(), _PAGES)


def _continuation(egg: Egg) -> Pixels:
    """A second page without any value."""
    sheet = Sheet(A4, egg.nest.font, DPI)
    sheet.label(105, 40, "附页", 6, bold=True, anchor="ms")
    for line in range(12):
        sheet.label(24, 60 + 12 * line, "本附页为业务受理单之组成部分，与首页一并归档保管。", 4)
    width, height = A4.pixels(DPI)
    page = np.full((height, width, 3), 255, np.uint8)
    lay(page, sheet.form_ink(), BLACK)
    return page


def _good_online(egg: Egg) -> None:
    egg.book(replace(egg.paper(), channel="online_hall", voucher_count=None))


# ---------------------------------------------------------------- bad ones


def _refused(egg: Egg, content: bytes, check: str, suffix: str = ".jpg") -> None:
    """A scan that must be refused by a check, so that its transaction lacks its page."""
    egg.plan(Kind.QUALITY_REJECT, egg.put(content, suffix=suffix), check)
    egg.plan(Kind.MISSING_IMAGE)


def _bad_scan(
    check: str, spoil: Callable[[bytes, np.random.Generator], bytes] | None = None, **how: float
) -> Callable[[Egg], None]:
    def hatch(egg: Egg) -> None:
        paper = egg.paper()
        egg.book(paper)
        page = egg.drawn(UNDERLINED, print_voucher(paper, egg.rng), QR)
        content = egg.scanned(page, skew=how.get("skew", SKEW), dpi=int(how.get("dpi", DPI)))
        _refused(egg, spoil(content, egg.rng) if spoil else content, check)

    return hatch


def _cut(content: bytes, _rng: np.random.Generator) -> bytes:
    """Cut the left edge off, through what is printed."""
    with Image.open(io.BytesIO(content)) as opened:
        left = round(_CUT_MM / 25.4 * DPI)
        part = opened.crop((left, 0, opened.width, opened.height))
        written = io.BytesIO()
        part.save(written, "JPEG", quality=QUALITY, dpi=(DPI, DPI))
    return written.getvalue()


def _bad_blank(egg: Egg) -> None:
    egg.plan(Kind.BLANK, egg.put(scan_blank(A4.pixels(DPI), egg.rng, dpi=DPI)))


def _bad_hostile(egg: Egg) -> None:
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


def _bad_missing(egg: Egg) -> None:
    egg.book(egg.paper())
    egg.plan(Kind.MISSING_IMAGE)


def _bad_count(egg: Egg) -> None:
    cover = cover_of(egg.nest.branch, egg.nest.day, _COUNTED, vouchers=2, pages=2)
    name = egg.sheet(cover, _COUNTED)
    _agreeing(egg, UNDERLINED, QR, batch=_COUNTED)
    egg.sheet(Separator(), _COUNTED)
    egg.plan(Kind.PAGE_CHECK, name, "Q11")
    egg.plan(Kind.PAGE_CHECK, name, "voucher_count")


# ---------------------------------------------------------------- forged ones


def _forged_words(egg: Egg) -> None:
    paper = egg.paper()
    printed = print_voucher(paper, egg.rng)
    other = print_voucher(with_other_amount(paper, egg.rng), egg.rng)
    egg.book(paper)
    page = egg.put(egg.scanned(egg.drawn(UNDERLINED, replace(printed, words=other.words), QR)))
    egg.plan(MATCHED, page)
    egg.plan(Kind.PAGE_CHECK, page, "Q15")


def _forged_code(egg: Egg) -> None:
    """The code is the booked transaction's, the print another's."""
    paper = egg.paper()
    printed = print_voucher(paper, egg.rng)
    values = {**printed.values, FieldName.SERIAL_NO: egg.nest.serial(egg.number + 777_000)}
    page = egg.drawn(RULED, replace(printed, values=values))
    x, y = RULED.codes_at[CODE128]
    at = round(x / 25.4 * DPI), round(y / 25.4 * DPI)
    lay(page, code_ink(paper.serial_no, CODE128, DPI), BLACK, *at)
    egg.book(paper)
    name = egg.put(egg.scanned(page))
    egg.plan(MATCHED, name)
    egg.plan(DOUBT, name, CODE_DIFFERS)


def _forged_unbooked(egg: Egg) -> None:
    paper = egg.paper()
    page = egg.drawn(UNDERLINED, print_voucher(paper, egg.rng), QR)
    egg.plan(Kind.SURPLUS_IMAGE, egg.put(egg.scanned(page)))


def _booked_as(
    other: Callable[[Transaction, np.random.Generator], Transaction], differs: FieldName
) -> Callable[[Egg], None]:
    def hatch(egg: Egg) -> None:
        paper = egg.paper()
        page = egg.put(egg.scanned(egg.drawn(RULED, print_voucher(paper, egg.rng), CODE128)))
        egg.book(other(paper, egg.rng))
        egg.plan(MATCHED, page)
        egg.plan(Kind.FIELD_MISMATCH, page, str(differs))

    return hatch


def _forged_copy(egg: Egg) -> None:
    _agreeing(egg, SLIP, QR)
    first = egg.nest.folder / SCANS / SINGLES / egg.pages[0]
    egg.plan(Kind.DUPLICATE, egg.put(first.read_bytes()))


def _forged_rescan(egg: Egg) -> None:
    page = _agreeing(egg, UNDERLINED, QR)
    egg.plan(Kind.DUPLICATE, egg.put(egg.scanned(page, skew=-0.8)))


_HATCHES: Mapping[str, Callable[[Egg], None]] = {
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
