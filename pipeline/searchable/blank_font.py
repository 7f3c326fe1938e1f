"""A font whose signs are blank: it says how wide a sign is, and shows nothing."""

from __future__ import annotations

import io
from functools import cache

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph

EM = 1000
WIDE, NARROW = 1000, 500
"""Widths of a full-width sign (Chinese) and of any other, in thousandths of the font's size."""
ASCENT, DESCENT = 880, -120
NAME = "PaperproofBlank"
GLYPHS = {WIDE: 1, NARROW: 2}
"""Number of the blank glyph of each width; glyph 0 must not be used (ISO 19005-2, 6.2.11.8)."""


@cache
def blank_font() -> bytes:
    """Return the TrueType program; always the same bytes."""
    widths = {".notdef": WIDE, "wide": WIDE, "narrow": NARROW}
    builder = FontBuilder(EM, isTTF=True)
    builder.setupGlyphOrder(list(widths))
    builder.setupGlyf({name: _blank(width) for name, width in widths.items()})
    builder.setupHorizontalMetrics({name: (width, 0) for name, width in widths.items()})
    builder.setupHorizontalHeader(ascent=ASCENT, descent=DESCENT)
    builder.setupPost(keepGlyphNames=False)
    builder.updateHead(created=0, modified=0)
    builder.font.recalcTimestamp = False
    written = io.BytesIO()
    builder.save(written)
    return written.getvalue()


def _blank(width: int) -> Glyph:
    """Return a glyph without area from corner to corner: viewers take from it the box that they select."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, DESCENT))
    pen.lineTo((width, ASCENT))
    pen.closePath()
    return pen.glyph()
