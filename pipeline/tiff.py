"""Count the frames of a TIFF by its chain of directories, without opening one."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pipeline.refusals import Refusal, Why

_BIG = 43  # version number of BigTIFF, whose offsets have 8 bytes
_VALUE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_VALUE_BYTES |= {13: 4, 16: 8, 17: 8, 18: 8}


@dataclass(frozen=True)
class _Layout:
    first: int
    count: struct.Struct
    entry: struct.Struct
    offset: struct.Struct


def count_frames(content: bytes, most: int) -> int:
    """Return the number of frames, at most ``most + 1``: the rest is not looked at.

    Raises ``Refusal`` (Q01) where the chain, or a tag's value, runs out of the bytes or the chain
    back into itself: a decoder takes a cut chain for its end and a cut tag for none, and the pages
    behind the cut would be lost without a word.
    """
    seen: set[int] = set()
    try:
        layout = _layout(content)
        (at,) = layout.offset.unpack_from(content, layout.first)
        while at and len(seen) <= most:
            if at in seen:
                raise Refusal(Why.DAMAGED)
            seen.add(at)
            at = _next_frame(content, at, layout)
    except struct.error as cut:
        raise Refusal(Why.DAMAGED) from cut
    if not seen:
        raise Refusal(Why.DAMAGED)
    return len(seen)


def _layout(content: bytes) -> _Layout:
    order = "<" if content.startswith(b"II") else ">"
    (version,) = struct.unpack_from(order + "H", content, 2)
    first, count, entry, offset = (
        (8, "Q", "HHQQ", "Q") if version == _BIG else (4, "H", "HHII", "I")
    )
    return _Layout(first, *(struct.Struct(order + form) for form in (count, entry, offset)))


def _next_frame(content: bytes, at: int, layout: _Layout) -> int:
    """Return where the next directory lies, 0 behind the last, having seen that this one is whole."""
    (entries,) = layout.count.unpack_from(content, at)
    at += layout.count.size
    if at + entries * layout.entry.size > len(content):
        raise Refusal(Why.DAMAGED)
    for number in range(entries):
        _, kind, values, place = layout.entry.unpack_from(content, at + number * layout.entry.size)
        length = values * _VALUE_BYTES.get(kind, 1)
        if length > layout.offset.size and place + length > len(content):
            raise Refusal(Why.DAMAGED)
    (following,) = layout.offset.unpack_from(content, at + entries * layout.entry.size)
    return int(following)
