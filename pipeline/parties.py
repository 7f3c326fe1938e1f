"""Payer and payee of a bank slip: name, account and bank of each, by their printed labels."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from pipeline.fields import PageFields
from pipeline.layout import Piece
from pipeline.model import FieldName, PlacedValue
from pipeline.stance import on_page
from pipeline.values import plain_value


class Side(StrEnum):
    """Whose money goes, and to whom."""

    PAYER = "payer"
    PAYEE = "payee"

    @property
    def other(self) -> Side:
        """The other party."""
        return Side.PAYEE if self is Side.PAYER else Side.PAYER


class Part(StrEnum):
    """What is printed of a party."""

    NAME = "name"
    ACCOUNT = "account"
    BANK = "bank"


Parties = Mapping[tuple[Side, Part], PlacedValue]

_SIDES = {
    Side.PAYER: re.compile("付款|汇款|汇出|转出|借方|出票"),
    Side.PAYEE: re.compile("收款|汇入|转入|贷方|持票"),
}
_PARTS = {
    Part.ACCOUNT: re.compile("[账帐卡]号$"),
    Part.BANK: re.compile("行$|行名|开户|网点$"),
    Part.NAME: re.compile("[人方]$|款单位$|名$|名称$|全称$"),
}
"""Looked for in this order: 开户行名称 is a bank, no name."""
_WITHOUT_SIDE = re.compile("[账帐卡]号|全称|名称|户名|开户行|开户银行|开户行名称|行名")
"""Labels of a party's part where a heading says whose."""
_FAR = 10_000.0
"""Pixels: any heading of a nearer kind comes first."""


@dataclass(frozen=True)
class _Label:
    piece: Piece
    part: Part
    side: Side | None


_Heading = tuple[Piece, Side]


def parties_of(page: PageFields) -> Parties:
    """Return what the page says of payer and payee; nothing on a page that names no parties.

    A label without its side (账号) takes that of the heading to its left, else of the one above it; where
    no heading tells, the payer stands first: to the left, else above.
    """
    labels = [label for piece in page.labels if (label := _label(piece))]
    headings = [
        (label.piece, label.side) for label in labels if label.side and label.part is Part.NAME
    ]
    bare = [
        label
        for part in Part
        for label in _shared_out(
            [label for label in labels if label.part is part and not label.side], headings
        )
    ]
    named = [label for label in labels if label.side]
    found: dict[tuple[Side, Part], PlacedValue] = {}
    for label in (*bare, *named):  # bare ones first: the heading above them has no value of its own
        value = _value(page, label)
        if label.side and value:
            found.setdefault((label.side, label.part), value)
    return found


def _label(piece: Piece) -> _Label | None:
    """Return which part of which party a label names; None where it names none."""
    name = piece.label.label if piece.label else ""
    part = next((part for part, pattern in _PARTS.items() if pattern.search(name)), None)
    side = next((side for side, pattern in _SIDES.items() if pattern.search(name)), None)
    if part is None or (side is None and not _WITHOUT_SIDE.fullmatch(name)):
        return None
    return _Label(piece, part, side)


def _shared_out(labels: Sequence[_Label], headings: Sequence[_Heading]) -> list[_Label]:
    """Give each of the labels of one part a side: its heading's, or what the nearer one leaves."""
    if not headings:
        first = sorted(labels, key=lambda label: (_row(label.piece), label.piece.box.left))
        return _of_sides(first, Side.PAYER) if len(labels) == len(Side) else []
    near = [_nearest(label, headings) for label in labels]
    if len(labels) == len(Side) and near[0][0] is near[1][0]:
        (side, one), (_, two) = near
        return _of_sides(labels if one <= two else labels[::-1], side)
    return [replace(label, side=side) for label, (side, _) in zip(labels, near, strict=True)]


def _of_sides(labels: Sequence[_Label], first: Side) -> list[_Label]:
    return [
        replace(label, side=side) for label, side in zip(labels, (first, first.other), strict=True)
    ]


def _nearest(label: _Label, headings: Sequence[_Heading]) -> tuple[Side, float]:
    """Return the side of the heading that a label stands under, and how far it stands away.

    A heading to the left on the same rows comes before any above, and one further down before all others.
    """
    box = label.piece.box
    high = box.bottom - box.top
    middle = (box.top + box.bottom) / 2

    def away(heading: _Heading) -> tuple[int, float]:
        other = heading[0].box
        if other.right <= box.left + high and other.top - high <= middle <= other.bottom + high:
            return 0, box.left - other.right
        if other.bottom <= middle:
            return 1, middle - other.bottom + abs(box.left - other.left)
        return 2, other.top - middle + abs(box.left - other.left)

    best = min(headings, key=away)
    rank, distance = away(best)
    return best[1], rank * _FAR + distance


def _row(piece: Piece) -> int:
    """Return the row in steps of two lines, so that what stands side by side is of one."""
    return round((piece.box.top + piece.box.bottom) / 4 / max(1, piece.box.bottom - piece.box.top))


def _value(page: PageFields, label: _Label) -> PlacedValue | None:
    wordy = label.part is not Part.ACCOUNT
    like = FieldName.CUSTOMER_NAME if wordy else FieldName.FUND_ACCOUNT
    found = page.value_at(label.piece, lambda text: plain_value(like, text), wordy=wordy)
    if found is None:
        return None
    box = on_page(found.box, page.angle)
    return PlacedValue(found.value, round(found.confidence, 4), box, page.angle)
