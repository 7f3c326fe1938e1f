"""Readings that a reader has doubts about: what may still be taken from them, and where it stands."""

from __future__ import annotations

from dataclasses import replace

from pipeline.forms.misfed import MIRRORED, TWO_PAGES, turned_back
from pipeline.model import Box, FieldName, Pixels, Reading

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
        return turned_back(box, quarters, page.shape[0], page.shape[1])

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
