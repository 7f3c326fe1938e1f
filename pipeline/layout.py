"""Where text stands on a page: labels and values, and which value stands beside or below which label."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np

from pipeline.labels import LabelBook, LabelHit
from pipeline.model import Box, TextLine
from pipeline.stance import upright
from pipeline.values import half_width

_STEEPEST = 0.07
"""Steepest text slope looked for (4 degrees): pages turned further are refused (Q07)."""
_SAME_ROW = 0.7
_NEARER = 0.3
_ONE_PHRASE = 1.0
_ONE_VALUE = 3.0
_LOWEST_BELOW = 3.0
_FURTHEST_RIGHT = 20.0


@dataclass(frozen=True)
class Piece:
    """A stretch of text that holds either one label or no label."""

    text: str
    confidence: float
    box: Box
    """On the page turned upright."""
    label: LabelHit | None = None
    follows: bool = False
    """Whether it stands behind a label in the same line of text."""


def joined(pieces: Sequence[Piece]) -> Piece:
    """Return pieces of one row as one, as sure as the least sure of them."""
    return Piece(
        " ".join(piece.text for piece in pieces),
        min(piece.confidence for piece in pieces),
        Box(
            min(piece.box.left for piece in pieces),
            min(piece.box.top for piece in pieces),
            max(piece.box.right for piece in pieces),
            max(piece.box.bottom for piece in pieces),
        ),
        follows=pieces[0].follows,
    )


class Layout:
    """The pieces of one page; lengths below are counted in heights of an ordinary line of text."""

    def __init__(self, lines: Iterable[TextLine], book: LabelBook) -> None:
        lines = tuple(lines)
        self.angle = lines[0].angle if lines else 0.0
        """Turn of the page's text; the pieces' boxes are those of the page turned upright."""
        self.pieces = tuple(piece for line in lines for piece in _cut(line, book))
        self.slope = text_slope([piece.box for piece in self.pieces])
        heights = (self._upright_height(piece.box) for piece in self.pieces)
        self._height = max(1.0, median(heights) if self.pieces else 1.0)

    @property
    def labels(self) -> tuple[Piece, ...]:
        """The labels of the page."""
        return tuple(piece for piece in self.pieces if piece.label)

    @property
    def free(self) -> tuple[Piece, ...]:
        """The text that stands behind no label in its line."""
        return tuple(piece for piece in self.pieces if not piece.label and not piece.follows)

    def beside(self, label: Piece) -> tuple[Piece, ...]:
        """Return the text from ``label`` to the next label on its row; none when that is far away.

        What follows the label in its own line comes first; what follows another label is never taken.
        """
        own = self._value_in_line(label)
        run = [own] if own else []
        for piece in self._row_after(own or label):
            if piece.label or piece.follows:
                break
            run.append(piece)
        far = bool(run) and run[0].box.left - label.box.right > _FURTHEST_RIGHT * self._height
        return () if far else tuple(run)

    def below(self, label: Piece) -> Piece | None:
        """Return the text right under ``label``; None when nothing or another label stands there."""
        under = [
            (drop, piece)
            for piece in self.pieces
            if _share_columns(piece.box, label.box)
            if _SAME_ROW < (drop := self._drop(label, piece) / self._height) <= _LOWEST_BELOW
        ]
        nearest = min(under, key=lambda pair: pair[0], default=(0.0, None))[1]
        return None if nearest is None or nearest.label or nearest.follows else nearest

    def phrases(self, run: Sequence[Piece]) -> Iterator[Piece]:
        """Give what may be one value at the beginning of ``run``, the likeliest first."""
        gaps = [
            (after.box.left - before.box.right) / self._height for before, after in pairwise(run)
        ]
        tight = next((n for n, gap in enumerate(gaps) if gap > _ONE_PHRASE), len(gaps)) + 1
        loose = next((n for n, gap in enumerate(gaps) if gap > _ONE_VALUE), len(gaps)) + 1
        for count in dict.fromkeys((tight, 1, *range(2, loose + 1))):
            if run:
                yield joined(run[:count])

    def _value_in_line(self, label: Piece) -> Piece | None:
        """Return the text behind ``label`` in the same line; it belongs to no other label."""
        after = self.pieces[self.pieces.index(label) + 1 :][:1]
        return after[0] if after and after[0].follows else None

    def _row_after(self, start: Piece) -> list[Piece]:
        """Return what stands to the right on the row of ``start``, from left to right.

        Values may be printed half a row off; where rows are narrow, of two pieces one above the other
        only the nearer is taken.
        """
        near = [
            (drop, piece)
            for piece in self.pieces
            if piece is not start and piece.box.left >= start.box.right - self._height / 2
            if (drop := abs(self._drop(start, piece)) / self._height) <= _SAME_ROW
        ]
        row = [
            piece
            for drop, piece in near
            if not any(
                _share_columns(piece.box, other.box) and gap + _NEARER < drop for gap, other in near
            )
        ]
        return sorted(row, key=lambda piece: piece.box.left)

    def _drop(self, one: Piece, other: Piece) -> float:
        """Return how far below ``one`` the other's row lies, the page's slope taken out."""
        across = _middle(other.box)[0] - _middle(one.box)[0]
        return _middle(other.box)[1] - _middle(one.box)[1] - self.slope * across

    def _upright_height(self, box: Box) -> float:
        return max(1.0, box.bottom - box.top - abs(self.slope) * (box.right - box.left))


def text_slope(boxes: Sequence[Box]) -> float:
    """Return the fall of the text rows per pixel to the right, within 4 degrees; 0 when nothing tells.

    The slope is the one along which most boxes have another exactly beside them.
    """
    if len(boxes) < 2:
        return 0.0
    across, down = np.array([_middle(box) for box in boxes]).T
    height = max(1.0, median(box.bottom - box.top for box in boxes))
    right = across[np.newaxis, :] - across[:, np.newaxis]
    drop = down[np.newaxis, :] - down[:, np.newaxis]
    beside = (right > height) & (np.abs(drop) <= _STEEPEST * right + height / 4)
    if not beside.any():
        return 0.0
    slopes = np.linspace(-_STEEPEST, _STEEPEST, 71)
    misses = (drop[beside] - slopes[:, np.newaxis] * right[beside]) / (height / 5)
    votes = np.exp(-(misses**2)).sum(axis=1) * (1 - np.abs(slopes))
    return float(slopes[int(votes.argmax())])


def _cut(line: TextLine, book: LabelBook) -> Iterator[Piece]:
    """Cut a line at its labels."""
    text, box = half_width(line.text), upright(line.box, line.angle)
    hits = book.find(text)
    ends = [hit.start for hit in hits] + [len(text)]
    if text[: ends[0]].strip() and not (hits and not any(map(str.isalnum, text[: ends[0]]))):
        yield Piece(text[: ends[0]], line.confidence, _part(box, text, 0, ends[0]))
    for hit, end in zip(hits, ends[1:], strict=True):
        place = _part(box, text, hit.start, hit.end)
        yield Piece(text[hit.start : hit.end], line.confidence, place, hit)
        if text[hit.end : end].strip(" :|_"):
            place = _part(box, text, hit.end, end)
            yield Piece(text[hit.end : end].strip(), line.confidence, place, follows=True)


def _part(box: Box, text: str, start: int, end: int) -> Box:
    """Return where a part of a line stands, Chinese signs twice as wide as others."""
    widths = [2 if "\u2e80" <= sign <= "\uffef" else 1 for sign in text]
    per_unit = (box.right - box.left) / max(1, sum(widths))
    left = box.left + per_unit * sum(widths[:start])
    right = box.left + per_unit * sum(widths[:end])
    return Box(round(left), box.top, round(right), box.bottom)


def _share_columns(one: Box, other: Box) -> bool:
    return one.left < other.right and one.right > other.left


def _middle(box: Box) -> tuple[float, float]:
    return (box.left + box.right) / 2, (box.top + box.bottom) / 2
