"""The invisible text of a page: each line where it stands, in codes that viewers turn into text again."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.model import TextLine
from pipeline.searchable.blank_font import DESCENT, EM, GLYPHS, NARROW, WIDE
from pipeline.stance import upright

_TALL = 1.5
"""A line this many times taller than wide runs down the page, as the engines take it."""
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


def drawn_lines(lines: Sequence[TextLine], signs: Signs, scale: Scale, font: str) -> str:
    """Return the operators that put each line, invisible (render mode 3), where it stands."""
    drawn = [
        f"{_placed(line, text, scale)} <{signs.coded(text)}> Tj"
        for line in lines
        if (text := shown(line))
    ]
    return "\n".join(["BT", "3 Tr", f"{font} 1 Tf", *drawn, "ET"])


def _placed(line: TextLine, text: str, scale: Scale) -> str:
    """Return the text matrix that fills the line's place: as wide as the line, as high as its signs."""
    own = upright(line.box, line.angle)
    wide, high, angle = own.right - own.left, own.bottom - own.top, math.radians(line.angle)
    if len(text) > 1 and high > _TALL * wide:
        wide, high, angle = high, wide, angle + math.pi / 2
    cos, sin = math.cos(angle), math.sin(angle)
    along, above = (cos, sin), (sin, -cos)  # right and up of the text, on a page whose rows go down
    stretch = wide * EM / sum(map(width, text))
    over = high * (-DESCENT / EM - 0.5)  # from the line's middle up to its baseline
    middle = (line.box.left + line.box.right) / 2, (line.box.top + line.box.bottom) / 2
    across, down = (
        m - wide / 2 * a + over * b for m, a, b in zip(middle, along, above, strict=True)
    )
    matrix = (
        stretch * along[0] * scale.across,
        -stretch * along[1] * scale.down,
        high * above[0] * scale.across,
        -high * above[1] * scale.down,
        across * scale.across,
        scale.height - down * scale.down,
    )
    return " ".join(f"{number:.4f}" for number in matrix) + " Tm"
