"""What is measured of a page before it is admitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pipeline.model import ColourMode


class Sides(NamedTuple):
    """A count for each edge of a page."""

    left: int
    top: int
    right: int
    bottom: int


_NOWHERE = Sides(0, 0, 0, 0)


@dataclass(frozen=True)
class Detail:
    """How ink stands on the paper at full resolution, where the page has most of it."""

    blur_pixels: float
    """Blur of the strokes' edges, as the sigma of a Gaussian, in pixels of the master."""
    contrast: float
    """Darkness of the strokes against the paper, 0 to 1."""
    paper_level: int
    """Brightness of the paper, 0 to 255."""
    blown_share: float
    """Share of pixels that are full white, 0 to 1."""
    doubling: float | None
    """Fall of detail at half the finest frequency, in powers of ten; None with too few strokes."""


@dataclass(frozen=True)
class ScanParameters:
    """What was measured of a page before it is admitted."""

    format: str
    byte_count: int
    width: int
    height: int
    dpi: tuple[float, float] | None
    colour_mode: ColourMode
    skew_degrees: float | None
    """Turn of the text lines against the page's edge, positive clockwise; None when nothing to measure."""
    ink_share: float
    """Share of the page's area covered by ink, 0 to 1, margins and dust left out."""
    perceptual_hash: str
    """64-bit perceptual hash, 16 hex digits; near pages have near hashes."""
    sideways: bool = False
    """Whether the text lines run up or down the page; the skew is then theirs."""
    cut_marks: Sides = _NOWHERE
    """Spots of a character's size that touch each edge."""
    close_marks: Sides = _NOWHERE
    """Spots of a character's size within 2 mm of each edge, those that touch it among them."""
    detail: Detail | None = None
    """None when there is no ink to look at, and of pages measured before there was this."""
