"""A shop's receipt (小票): its date and its total, from the lines of a page.

Receipts have no form. The total is the amount whose row says so, borne out by what was paid and given back;
the date is the likeliest of those that stand on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from pipeline.layout import text_slope
from pipeline.model import PlacedValue, TextLine
from pipeline.receipt_dates import dates_in
from pipeline.stance import upright
from pipeline.values import half_width


@dataclass(frozen=True)
class Receipt:
    """What a shop's receipt says; None where it was not found."""

    date: PlacedValue | None
    total: PlacedValue | None


@dataclass(frozen=True)
class _Amount:
    value: Decimal
    line: TextLine


@dataclass(frozen=True)
class _Row:
    """What stands side by side, from left to right."""

    lines: tuple[TextLine, ...]

    @property
    def text(self) -> str:
        return " ".join(half_width(line.text) for line in self.lines)

    @property
    def amounts(self) -> list[_Amount]:
        return [
            _Amount(value, line)
            for line in self.lines
            for value in _amounts_in(half_width(line.text))
        ]


_MONEY = re.compile(
    r"(?<![\d.,:/-])(?:RM|MYR|CNY|RMB|USD|[$¥Y])?\s?(?P<yuan>\d{1,3}(?:,\d{3})+|\d{1,7})"
    r"(?P<point> ?[.,·] ?| )(?P<cents>\d\d)(?![\d%:/-])(?![.,]\d)(?! ?[%x×])"
)
_ROUND = re.compile(
    r"(?:[¥$:]|RM|CNY)\s?(?P<yuan>\d{1,3}(?:,\d{3})+|\d{1,7})(?:\.(?P<jiao>\d))?(?:元|整|$)"
)
_NOT_THE_TOTAL = re.compile(
    r"sub.{0,2}tot|excl|w/?o |before|\bqty|quantity|items?\b|pcs|discount|saving|saved|change|adj"
    r"|summary|point|suppl|\bdisc\b|unit|balance b|tax ?(?:total|amount|amt)"
    r"|小计|数量|件数|找零|找赎|优惠|折扣|积分|税额|单价|原价",
    re.IGNORECASE,
)
_SAYS_TOTAL: tuple[tuple[int, re.Pattern[str]], ...] = (
    (
        6,
        re.compile(
            r"rounded|(?:amount|amt|total|bill)\W{0,2}(?:due|payable|to pay)|\bpayable|grand"
            r"|nett?\W{0,2}(?:total|amount|amt)|rounding total"
            r"|应付|应收|实付|实收金额|价税合计|付款金额|支付金额|消费金额|交易金额",
            re.IGNORECASE,
        ),
    ),
    (
        5,
        re.compile(
            r"tot.{1,3}\b.*(?:inc|gross|amount|amt|sales)|合计|总计|总额|总金额|共计", re.IGNORECASE
        ),
    ),
    (4, re.compile(r"\bt[o0]ta[l1i]|^\W*(?:due|nett?|amount|amt)\b|金额", re.IGNORECASE)),
)
"""How plainly a row says that its amount is the total, in points."""
_TAX = re.compile(r"\b(?:gst|vat|sst|tax)\b|税", re.IGNORECASE)
_WITH_TAX = re.compile(r"inc|with|价税", re.IGNORECASE)
_PAID = re.compile(
    r"\bcash\b|tender|visa|master|amex|card|paid|\bpay|debit|credit|received|现金|刷卡|微信|支付宝|银联|实收|收款",
    re.IGNORECASE,
)
_CHANGE = re.compile(r"chan[gq]e|balance|找零|找赎", re.IGNORECASE)
_ROUNDING = re.compile(r"round", re.IGNORECASE)
_TAX_TABLE = re.compile(r"(?:gst|vat|sst|tax)\W{0,3}(?:summary|analysis|code)", re.IGNORECASE)

# Points beside those of a row's words; with least an amount counts as the total.
_BORNE_OUT, _PAID_EXACTLY, _ROUNDED, _IN_TAX_TABLE, _LEAST = 3.0, 2.0, 2.0, -5.0, 3.0


def receipt_of(lines: Sequence[TextLine]) -> Receipt:
    """Return date and total of a receipt's page; each is None where nothing says so."""
    rows = _rows(lines)
    return Receipt(_date(rows), _total(rows))


def _rows(lines: Sequence[TextLine]) -> list[_Row]:
    """Return the rows from top to bottom, the page turned upright and levelled."""
    if not lines:
        return []
    boxes = [upright(line.box, line.angle) for line in lines]
    slope = text_slope(boxes)
    high = median(box.bottom - box.top for box in boxes)
    level = [(box.top + box.bottom) / 2 - slope * (box.left + box.right) / 2 for box in boxes]
    rows: list[list[int]] = []
    for n in sorted(range(len(lines)), key=level.__getitem__):
        if rows and level[n] - median(level[m] for m in rows[-1]) < high / 2:
            rows[-1].append(n)
        else:
            rows.append([n])
    return [_Row(tuple(lines[n] for n in sorted(row, key=lambda n: boxes[n].left))) for row in rows]


def _amounts_in(text: str) -> Iterator[Decimal]:
    """Give the amounts of a text; with cents, or a bare number behind a sign of money."""
    found = [
        Decimal(f"{one['yuan'].replace(',', '')}.{one['cents']}") for one in _MONEY.finditer(text)
    ]
    if not found and (one := _ROUND.search(text)):
        found = [Decimal(f"{one['yuan'].replace(',', '')}.{one['jiao'] or 0}0")]
    yield from found


def _total(rows: Sequence[_Row]) -> PlacedValue | None:
    """Return the amount with the most points; of equal ones the last, which is the rounded one."""
    paid, change, rounding = (_amounts_of(rows, what) for what in (_PAID, _CHANGE, _ROUNDING))
    said = [*_said(rows)] or [(_LEAST, one) for one in _due(rows, paid, change)]
    values = {one.value for _, one in said}

    def points(candidate: tuple[float, _Amount]) -> float:
        value = candidate[1].value
        borne_out = any(money.value - back.value == value for money in paid for back in change)
        exactly = any(money.value == value for money in paid)
        rounded = any(step.value and value - step.value in values for step in rounding)
        return (
            candidate[0]
            + (_BORNE_OUT if borne_out else _PAID_EXACTLY if exactly else 0)
            + (_ROUNDED if rounded else 0)
        )

    likely = [one for one in reversed(said) if one[1].value > 0 and points(one) >= _LEAST]
    if not likely:
        return None
    best = max(likely, key=points)[1]
    return _value(f"{best.value:.2f}", best.line)


def _due(rows: Sequence[_Row], paid: Sequence[_Amount], change: Sequence[_Amount]) -> list[_Amount]:
    """Return the amounts that are what was paid less what was given back."""
    due = {money.value - back.value for money in paid for back in change} or {
        money.value for money in paid
    }
    return [one for row in rows for one in row.amounts if one.value in due]


def _said(rows: Sequence[_Row]) -> Iterator[tuple[float, _Amount]]:
    """Give the amounts whose row says that they are the total, with the points of what it says."""
    in_tax_table = False
    for n, row in enumerate(rows):
        in_tax_table = in_tax_table or bool(_TAX_TABLE.search(row.text))
        points = _says_total(row.text)
        if points:
            amounts = row.amounts or (rows[n + 1].amounts if _no_words(rows, n + 1) else [])
            yield from (
                (points + (_IN_TAX_TABLE if in_tax_table else 0), one) for one in amounts[-1:]
            )


def _says_total(text: str) -> int:
    if _NOT_THE_TOTAL.search(text) or (_TAX.search(text) and not _WITH_TAX.search(text)):
        return 0
    return next((points for points, pattern in _SAYS_TOTAL if pattern.search(text)), 0)


def _no_words(rows: Sequence[_Row], n: int) -> bool:
    return n < len(rows) and not re.search(r"[^\W\d_]{3}", rows[n].text)


def _amounts_of(rows: Sequence[_Row], what: re.Pattern[str]) -> list[_Amount]:
    return [row.amounts[-1] for row in rows if what.search(row.text) and row.amounts]


def _date(rows: Sequence[_Row]) -> PlacedValue | None:
    """Return the date that is likeliest that of the purchase; of equal ones the first."""
    found = [
        (likely, value, line)
        for row in rows
        for line in row.lines
        for likely, value in dates_in(half_width(line.text), row.text)
    ]
    if not found:
        return None
    _, value, line = max(found, key=lambda one: one[0])
    return _value(value.isoformat(), line)


def _value(text: str, line: TextLine) -> PlacedValue:
    return PlacedValue(text, round(line.confidence, 4), line.box, line.angle)
