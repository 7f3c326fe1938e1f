"""The invisible text of a page: each line where it stands, in codes that viewers turn into text again."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.model import Box, TextLine
from pipeline.searchable.blank_font import DESCENT, EM, GLYPHS, NARROW, WIDE

_TALL = 1.5
"""A box this many times taller than wide holds a line that runs down the page, as the engines take it."""
_PER_BLOCK = 100
"""Entries that a block of a character map may have (Adobe technical note 5411)."""
_MAP = """\
/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
{blocks}
endcmap
CMapName currentdict /CMap defineresource pop
end
end
"""


@dataclass(frozen=True)
class Scale:
    """From pixels of the page as people see it to points of the PDF."""

    height: float
    """Points."""
    across: float
    """Points a pixel."""
    down: float


class Signs:
    """The signs of a page, each with a code of its own, from 1 on in the order of Unicode."""

    def __init__(self, lines: Sequence[TextLine]) -> None:
        self._codes = {
            sign: code for code, sign in enumerate(sorted({*"".join(map(shown, lines))}), start=1)
        }

    def coded(self, text: str) -> str:
        """Return ``text`` as hexadecimal codes of two bytes."""
        return "".join(f"{self._codes[sign]:04X}" for sign in text)

    def widths(self) -> list[int]:
        """Return the width of each code's sign, from code 1 on, in thousandths of the font's size."""
        return [width(sign) for sign in self._codes]

    def glyphs(self) -> bytes:
        """Return the number of each code's glyph, two bytes each, from code 0 on."""
        numbers = (0, *(GLYPHS[one] for one in self.widths()))
        return b"".join(number.to_bytes(2, "big") for number in numbers)

    def to_unicode(self) -> bytes:
        """Return the character map that turns codes into text (ISO 32000-1, 9.10.3)."""
        entries = [
            f"<{code:04X}> <{sign.encode('utf-16-be').hex().upper()}>"
            for sign, code in self._codes.items()
        ]
        blocks = []
        for start in range(0, len(entries), _PER_BLOCK):
            block = entries[start : start + _PER_BLOCK]
            blocks += [f"{len(block)} beginbfchar", *block, "endbfchar"]
        return _MAP.format(blocks="\n".join(blocks)).encode()


def shown(line: TextLine) -> str:
    """Return a line's text without signs that cannot stand on paper (controls, halves of pairs)."""
    return "".join(sign for sign in line.text if unicodedata.category(sign)[0] != "C").strip()


def width(sign: str) -> int:
    """Return how wide a sign is, in thousandths of the font's size."""
    return WIDE if unicodedata.east_asian_width(sign) in "WF" else NARROW


def drawn_lines(
    lines: Sequence[TextLine], signs: Signs, scale: Scale, quarters: int, font: str
) -> str:
    """Return the operators that put each line, invisible (render mode 3), where it stands.

    ``quarters``: turns to the left that would set the page's text upright, as ``likely_turn`` gives them.
    """
    drawn = [
        f"{_placed(text, line.box, scale, quarters or _turn(line))} <{signs.coded(text)}> Tj"
        for line in lines
        if (text := shown(line))
    ]
    return "\n".join(["BT", "3 Tr", f"{font} 1 Tf", *drawn, "ET"])


def _turn(line: TextLine) -> int:
    """Return the turn of a single line on an upright page."""
    left, top, right, bottom = line.box
    return 1 if len(shown(line)) > 1 and bottom - top > _TALL * (right - left) else 0


def _placed(text: str, box: Box, scale: Scale, quarters: int) -> str:
    """Return the text matrix that fills ``box`` with ``text``: as wide as the line, as high as its signs."""
    left, right = box.left * scale.across, box.right * scale.across
    bottom, top = scale.height - box.bottom * scale.down, scale.height - box.top * scale.down
    wide, high = right - left, top - bottom
    if quarters % 2:
        wide, high = high, wide
    along = wide * EM / sum(map(width, text))
    over = high * -DESCENT / EM  # from the line's lower edge up to the baseline
    matrix = (
        (along, 0, 0, high, left, bottom + over),
        (0, -along, high, 0, left + over, top),
        (-along, 0, 0, -high, right, top - over),
        (0, along, -high, 0, right - over, bottom),
    )[quarters]
    return " ".join(f"{number:.4f}" for number in matrix) + " Tm"
