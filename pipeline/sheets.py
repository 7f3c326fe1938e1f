"""Paperproof's own sheets among the vouchers: what their codes say, and how they are told from others.

A separator (分隔页) parts vouchers of several pages; a cover (批次封面) opens a batch and says what it must
hold. Both carry one text, as a QR code and as Code 128:

    PPROOF S 1 cc                                                         separator
    PPROOF C 1 place(6) batch(4) vouchers(5) pages(5) cc                  cover

without the blanks; 1 is the version, ``place`` and ``batch`` are digests. The two check characters cc are
those of ISO/IEC 7064:2003, MOD 1271-36: they catch every wrong sign and every two neighbours exchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from pipeline.errors import UserError
from pipeline.language import say
from pipeline.model import identity

PREFIX = "PPROOF"
"""Begins every text of ours; what begins so is never a serial number, however damaged it is."""
MOST = 99_999
"""Vouchers or pages that a cover can say."""

_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MODULUS, _RADIX = 1271, 36
_SEPARATOR = re.compile(PREFIX + "S1")
_COVER = re.compile(PREFIX + "C1([0-9A-Z]{6})([0-9A-Z]{4})([0-9]{5})([0-9]{5})")


@dataclass(frozen=True)
class Separator:
    """The sheet between two vouchers."""

    name: ClassVar = "separator"
    title: ClassVar = say("Voucher separator")

    @property
    def text(self) -> str:
        """What its code carries."""
        return checked(PREFIX + "S1")


@dataclass(frozen=True)
class Cover:
    """The sheet before a batch: whose it is, and what it must hold."""

    name: ClassVar = "cover"
    title: ClassVar = say("Batch cover")

    place: str
    """Digest of branch and business day."""
    batch: str
    """Digest of the batch's name within its place; tells two covers of one day apart."""
    vouchers: int
    pages: int
    """Pages of vouchers, blank ones and sheets like this left out."""

    @property
    def text(self) -> str:
        """What its code carries."""
        return checked(f"{PREFIX}C1{self.place}{self.batch}{self.vouchers:05d}{self.pages:05d}")

    def is_of(self, branch: str, day: date) -> bool:
        """Say whether it was made for this branch and business day."""
        return self.place == _place(branch, day)


OwnSheet = Separator | Cover


def cover_of(branch: str, day: date, batch: str, *, vouchers: int, pages: int) -> Cover:
    """Return the cover of a batch; raises UserError for counts that no batch has."""
    if not 1 <= vouchers <= pages <= MOST:
        raise UserError(
            say(
                "A batch of {vouchers} vouchers with {pages} pages cannot be; a voucher has at least one "
                "page, and a cover can say {most} at most.",
                vouchers=vouchers,
                pages=pages,
                most=MOST,
            )
        )
    return Cover(_place(branch, day), _digest(4, branch, day, batch), vouchers, pages)


def sheet_of(text: str) -> OwnSheet | None:
    """Return the sheet whose code this is; None for a foreign code and for a damaged one of ours."""
    payload = text[:-2]
    if not set(text) <= set(_SIGNS) or checked(payload) != text:
        return None
    if _SEPARATOR.fullmatch(payload):
        return Separator()
    if found := _COVER.fullmatch(payload):
        place, batch, vouchers, pages = found.groups()
        return Cover(place, batch, int(vouchers), int(pages))
    return None


def one_sheet(texts: Iterable[str]) -> OwnSheet | None:
    """Return the sheet that a page's codes name; a cover that took a separator along is the cover."""
    found = [sheet for text in texts if (sheet := sheet_of(text))]
    covers = [sheet for sheet in found if isinstance(sheet, Cover)]
    return next(iter(covers or found), None)


def is_ours(text: str) -> bool:
    """Say whether a text begins as ours do, sound or damaged."""
    return text.strip().startswith(PREFIX)


def checked(payload: str) -> str:
    """Return ``payload`` with its two check characters (ISO/IEC 7064:2003, MOD 1271-36)."""
    rest = 0
    for sign in payload:
        rest = (rest + _SIGNS.index(sign)) * _RADIX % _MODULUS
    first, second = divmod((1 - rest * _RADIX) % _MODULUS, _RADIX)
    return payload + _SIGNS[first] + _SIGNS[second]


def _place(branch: str, day: date) -> str:
    return _digest(6, branch, day)


def _digest(length: int, *parts: object) -> str:
    number, signs = int(identity(*parts), 16), ""
    for _ in range(length):
        number, sign = divmod(number, _RADIX)
        signs += _SIGNS[sign]
    return signs
