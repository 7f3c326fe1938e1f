"""Readings that a reader has doubts about: what may still be taken from them, and where it stands."""

from __future__ import annotations

from dataclasses import replace

from pipeline.model import Box, FieldName, Pixels, Reading

TURNED = "turned"
"""Doubt: scanned upside down or on its side; it was turned to be read."""
MIRRORED = "mirrored"
"""Doubt: seen from behind, or a scanner set wrongly; nothing is taken from it."""
TWO_PAGES = "two_pages"
"""Doubt: more than one page in one scan; nothing is taken from it."""
PART_MISSING = "part_missing"
"""Doubt: a half or a corner of the page is not in the scan."""
WRITTEN_OVER = "written_over"
"""Doubt: something is written by hand across a value; that value is not believed."""
OTHER_FORM = "other_form"
"""Doubt: forms are known, and the page is of none of them; it was read whole."""

NOTHING_TAKEN = (MIRRORED, TWO_PAGES)
"""Doubts about pages whose values would be another page's, or nobody's."""
_NOT_BELIEVED = 0.6


def doubted(reading: Reading, doubt: str, fields: frozenset[FieldName] = frozenset()) -> Reading:
    """Return a reading with a doubt; what it says of ``fields`` is not believed, codes excepted."""
    kept = dict(reading.fields)
    for name in fields & kept.keys():
        if "barcode" not in kept[name].source:
            sure = min(kept[name].confidence, _NOT_BELIEVED)
            kept[name] = replace(kept[name], confidence=sure)
    doubts = tuple(dict.fromkeys((*reading.doubts, doubt)))
    return replace(reading, fields=kept, doubts=doubts)


def as_it_came(reading: Reading, quarters: int, page: Pixels) -> Reading:
    """Return the reading of a page that was turned to the left, with its places as the page came."""

    def back(box: Box) -> Box:
        return _turned_back(box, quarters, page.shape[0], page.shape[1])

    angle, number = 90.0 * quarters, reading.identity
    return replace(
        reading,
        codes=tuple(replace(one, box=back(one.box)) for one in reading.codes),
        fields={
            name: replace(one, box=back(one.box), angle=angle)
            for name, one in reading.fields.items()
        },
        lines=tuple(replace(one, box=back(one.box), angle=angle) for one in reading.lines),
        identity=number and replace(number, box=back(number.box), angle=angle),
    )


def _turned_back(box: Box, quarters: int, height: int, width: int) -> Box:
    """Return where ``box``, seen on a page turned to the left, stands on the page as it came.

    ``height`` and ``width``: of the page as it came.
    """
    left, top, right, bottom = box
    if quarters == 1:
        return Box(width - bottom, left, width - top, right)
    if quarters == 2:
        return Box(width - right, height - bottom, width - left, height - top)
    if quarters == 3:
        return Box(top, height - right, bottom, height - left)
    return box
