"""An identity card copied, both sides on one A4 page (ID_COPY), of an invented customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from pipeline.model import Pixels
from pipeline.specimens.ink import BLACK, Colour, lay
from pipeline.specimens.marks import PEN_BLUE, STAMP_RED, signature_ink, stamp_ink
from pipeline.specimens.people import FIRM
from pipeline.specimens.sheet import A4, Sheet

_CARD_MM = (85.6, 54.0)
_LEFT, _PORTRAIT_TOP, _EMBLEM_TOP = 62.0, 45.0, 115.0
_COPIED = Colour(60, 62, 66)


@dataclass(frozen=True)
class IdentityCard:
    """What stands on a card."""

    name: str
    number: str
    """18 characters, GB 11643; the birthday in it is printed too."""
    address: str
    issued: date
    expires: date


def draw_identity_copy(
    card: IdentityCard, rng: np.random.Generator, *, font: Path, dpi: int = 300
) -> Pixels:
    """Draw the copy, signed by the customer and stamped as compared with the original."""
    sheet = Sheet(A4, font, dpi)
    for top in (_PORTRAIT_TOP, _EMBLEM_TOP):
        _outline(sheet, top)
    _portrait_side(sheet, card)
    _emblem_side(sheet, card)
    sheet.label(62, 190, "客户签名：", 4)
    width, height = A4.pixels(dpi)
    page = np.full((height, width, 3), 255, np.uint8)
    lay(page, sheet.form_ink(), _COPIED)
    lay(page, sheet.typed_ink(), BLACK)
    lay(page, signature_ink(sheet.px(34), sheet.px(13), rng), PEN_BLUE, sheet.px(84), sheet.px(181))
    stamp = stamp_ink(FIRM, "与原件核对一致", sheet.px(38), font, rng)
    lay(page, stamp, STAMP_RED, sheet.px(130), sheet.px(205))
    return page


def _outline(sheet: Sheet, top: float) -> None:
    right, bottom = _LEFT + _CARD_MM[0], top + _CARD_MM[1]
    for ends in (
        (_LEFT, top, right, top),
        (_LEFT, bottom, right, bottom),
        (_LEFT, top, _LEFT, bottom),
        (right, top, right, bottom),
    ):
        sheet.rule(*ends, 0.3)


def _portrait_side(sheet: Sheet, card: IdentityCard) -> None:
    born = card.number[6:14]
    woman = int(card.number[16]) % 2 == 0
    x, y = _LEFT + 5, _PORTRAIT_TOP + 9
    for line, (label, text) in enumerate(
        (
            ("姓名", card.name),
            ("性别", ("女" if woman else "男") + "   民族 汉"),
            ("出生", f"{born[:4]}年{int(born[4:6])}月{int(born[6:])}日"),
            ("住址", card.address),
        )
    ):
        sheet.label(x, y + 8 * line, label, 2.8)
        sheet.label(x + 11, y + 8 * line, text, 3.4)
    sheet.label(x, _PORTRAIT_TOP + 48, "公民身份号码", 2.8)
    sheet.label(x + 24, _PORTRAIT_TOP + 48, card.number, 4)


def _emblem_side(sheet: Sheet, card: IdentityCard) -> None:
    x = _LEFT + 20
    sheet.label(_LEFT + 43, _EMBLEM_TOP + 14, "中华人民共和国", 4.4, anchor="ms")
    sheet.label(_LEFT + 43, _EMBLEM_TOP + 23, "居民身份证", 6, anchor="ms")
    sheet.label(x - 12, _EMBLEM_TOP + 40, "签发机关", 2.8)
    sheet.label(x + 6, _EMBLEM_TOP + 40, "望川市公安局", 3.4)
    sheet.label(x - 12, _EMBLEM_TOP + 48, "有效期限", 2.8)
    sheet.label(x + 6, _EMBLEM_TOP + 48, f"{card.issued:%Y.%m.%d}-{card.expires:%Y.%m.%d}", 3.4)
