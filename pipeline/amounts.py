"""Amounts in Chinese words (金额大写) and back: one proof that a figure was read right (Q15)."""

from __future__ import annotations

import re
from decimal import Decimal

LARGEST_AMOUNT = Decimal("999999999999.99")
"""The largest amount that has a form in words here: one 分 below 壹万亿元."""

_CENT = Decimal("0.01")
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ((1000, "仟"), (100, "佰"), (10, "拾"), (1, ""))
_SECTIONS = ((10**8, "亿"), (10**4, "万"), (1, ""))

# Everyday, traditional and look-alike forms of one character, as people write and engines read them.
_VARIANTS = {
    "零": "〇",
    "壹": "一弌壱",
    "贰": "二两兩貳弍",
    "叁": "三參叄弎",
    "肆": "四",
    "伍": "五",
    "陆": "六陸",
    "柒": "七",
    "捌": "八",
    "玖": "九",
    "拾": "十",
    "佰": "百伯",
    "仟": "千阡",
    "万": "萬",
    "亿": "億",
    "元": "圆圓园園",
    "整": "正",
}
WORD_SIGNS = _DIGITS + "拾佰仟万亿元角分整" + "圆正负" + "人民币大写金额合计()（）:：¥￥"
"""What an amount in words is written with, and what stands around it."""
_PLAIN = str.maketrans({variant: plain for plain, all_ in _VARIANTS.items() for variant in all_})
_DRESSING = re.compile(r"[\s:：,，、。.()（）【】¥￥]|人民币|大写|金额|合计")

_NUMERALS = frozenset(_DIGITS + "拾佰仟万亿元角分整")
_FEWEST_NUMERALS = 3
_BELOW_ZERO = "负"
_ONE = "[壹贰叁肆伍陆柒捌玖]"
_SECTION = re.compile(
    rf"零*(?:(?P<仟>{_ONE})仟)?零*(?:(?P<佰>{_ONE})佰)?零*"
    rf"(?:(?P<拾>{_ONE})拾|(?P<lone>(?<![佰仟])拾))?零*(?P<ones>{_ONE})?零*"
)
_WHOLE = re.compile(r"(?:(?P<亿>[^亿万]+)亿)?(?:(?P<万>[^亿万]+)万)?(?P<ones>[^亿万]*)")
_AMOUNT = re.compile(
    rf"(?:(?P<whole>[^元角分整]+)元)?零*(?:(?P<角>{_ONE}|零)角)?零*(?:(?P<分>{_ONE}|零)分)?整?"
    r"|(?P<bare>[^元角分整]+)整?"
)


def amount_in_words(amount: Decimal) -> str:
    """Write an amount in yuan, two decimals, as a voucher does: "捌佰陆拾壹元叁角陆分", "壹佰元整".

    A reversal's amount is below zero: "负壹佰元整". Raises ValueError for one that is larger than
    LARGEST_AMOUNT or finer than a 分.
    """
    if amount < 0:
        return _BELOW_ZERO + amount_in_words(-amount)
    if amount > LARGEST_AMOUNT or amount != amount.quantize(_CENT):
        raise ValueError(f"no form in words for {amount}")
    yuan, cents = divmod(int(amount * 100), 100)
    jiao, fen = divmod(cents, 10)
    words = f"{_whole_in_words(yuan)}元" if yuan or not cents else ""
    if jiao:
        words += f"{_DIGITS[jiao]}角"
    elif fen and yuan:
        words += "零"
    return words + (f"{_DIGITS[fen]}分" if fen else "整")


def amount_from_words(text: str) -> Decimal | None:
    """Read an amount written in words; None when the text is not one amount.

    Takes everyday and traditional characters, 圆 for 元, 正 for 整, blanks, 人民币 before it, and
    does without 零 and 整; a missing digit or unit is never guessed.
    """
    signs = _DRESSING.sub("", text).translate(_PLAIN)
    found = _AMOUNT.fullmatch(signs.removeprefix(_BELOW_ZERO))
    if found is None or not any(found.groups()):
        return None
    whole = found["whole"] or found["bare"]
    yuan = _whole_from_words(whole) if whole else 0
    if yuan is None:
        return None
    cents = 10 * _digit(found["角"]) + _digit(found["分"])
    amount = Decimal(100 * yuan + cents).scaleb(-2)
    return -amount if signs.startswith(_BELOW_ZERO) else amount


def looks_like_words(text: str) -> bool:
    """Tell whether ``text`` is meant for an amount in words, misread as it may be."""
    signs = _DRESSING.sub("", text).translate(_PLAIN)
    numerals = sum(sign in _NUMERALS for sign in signs)
    return numerals >= _FEWEST_NUMERALS and numerals > len(signs) / 2


def _whole_in_words(yuan: int) -> str:
    words, gap = "", False
    for size, unit in _SECTIONS:
        section, yuan = divmod(yuan, size)
        if not section:
            gap = bool(words)
            continue
        if words and (gap or section < 1000):
            words += "零"
        words += _section_in_words(section) + unit
        gap = False
    return words or "零"


def _section_in_words(section: int) -> str:
    words, gap = "", False
    for size, unit in _PLACES:
        digit, section = divmod(section, size)
        if not digit:
            gap = bool(words)
            continue
        words += ("零" if gap else "") + _DIGITS[digit] + unit
        gap = False
    return words


def _whole_from_words(words: str) -> int | None:
    found = _WHOLE.fullmatch(words)
    if found is None:
        return None
    total = 0
    for group, size in (("亿", 10**8), ("万", 10**4), ("ones", 1)):
        if not found[group]:
            continue
        section = _section_from_words(found[group])
        if section is None or (not section and group != "ones"):
            return None
        total += section * size
    return total


def _section_from_words(words: str) -> int | None:
    found = _SECTION.fullmatch(words)
    if found is None:
        return None
    tens = 1 if found["lone"] else _digit(found["拾"])
    return (
        1000 * _digit(found["仟"]) + 100 * _digit(found["佰"]) + 10 * tens + _digit(found["ones"])
    )


def _digit(character: str | None) -> int:
    return _DIGITS.index(character) if character else 0
