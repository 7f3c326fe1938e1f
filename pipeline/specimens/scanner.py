"""What paper and scanner do to a page: turn, tint, uneven light, dark edge, blur, noise, dust, streak."""

from __future__ import annotations

import io
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from pipeline.model import Pixels
from pipeline.specimens.cases import Level
from pipeline.specimens.ink import Colour

_PAPERS = (
    Colour(252, 252, 250),
    Colour(251, 246, 234),
    Colour(251, 239, 240),
    Colour(239, 247, 240),
    Colour(243, 243, 240),
)
_WHITE_LID, _BLACK_LID = Colour(236, 236, 234), Colour(34, 33, 36)
_NOISE_TILE = 900


@dataclass(frozen=True)
class ScanFaults:
    """How badly a page is scanned; the ranges belong to a level."""

    skew_degrees: float
    """Largest turn either way; Q07 rejects above 3 degrees."""
    blur_mm: tuple[float, float]
    noise: tuple[float, float]
    """Standard deviation of a pixel's brightness, of 255."""
    shade: float
    """Largest loss of light across the page."""
    veil: tuple[float, float]
    """Brightness of full black, of 255."""
    black_lid: float
    """Probability of a dark edge round the paper."""
    streak: float
    """Probability of a line down the page from dirt on the glass."""


FAULTS = {
    Level.EASY: ScanFaults(0.8, (0.03, 0.05), (1.5, 3), 0.03, (0, 15), 0.0, 0.0),
    Level.MEDIUM: ScanFaults(1.9, (0.04, 0.075), (3, 5), 0.09, (10, 35), 0.35, 0.15),
    Level.HARD: ScanFaults(2.8, (0.06, 0.1), (4, 7), 0.16, (20, 50), 0.6, 0.35),
}


def skew_for(level: Level, rng: np.random.Generator) -> float:
    """Choose a turn in degrees, positive clockwise, within the level's range."""
    return round(float(rng.uniform(-1, 1)) * FAULTS[level].skew_degrees, 3)


def scan(
    page: Pixels,
    level: Level,
    rng: np.random.Generator,
    *,
    skew_degrees: float,
    dpi: int = 300,
    page_dpi: int | None = None,
    quality: int = 85,
) -> bytes:
    """Scan a page drawn at ``page_dpi`` (``dpi`` when None); returns a colour JPEG that records its dpi.

    A positive skew turns the page clockwise.
    """
    faults = FAULTS[level]
    if page_dpi is not None and page_dpi != dpi:
        size = [round(side * dpi / page_dpi) for side in (page.shape[1], page.shape[0])]
        page = np.asarray(cv2.resize(page, size, interpolation=cv2.INTER_AREA), np.uint8)
    seen = _on_glass(_tinted(page, faults, rng), skew_degrees, faults, rng, dpi)
    seen = _shaded(seen, faults, rng)
    if rng.random() < faults.streak:
        _streak(seen, rng)
    _dust(seen, rng, dpi)
    sigma = rng.uniform(*faults.blur_mm) / 25.4 * dpi
    seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), max(0.3, sigma)), np.uint8)
    return _jpeg(_noisy(seen, faults, rng), dpi, quality)


def scan_blank(size: tuple[int, int], rng: np.random.Generator, *, dpi: int = 300) -> bytes:
    """Scan the empty back of a sheet of ``size`` (width, height): tint, light and noise alone."""
    width, height = size
    page = np.full((height, width, 3), 255, np.uint8)
    return scan(page, Level.EASY, rng, skew_degrees=0.0, dpi=dpi)


def damage(content: bytes, rng: np.random.Generator) -> bytes:
    """Cut a JPEG off somewhere in its middle, as a lost connection does."""
    return content[: int(len(content) * rng.uniform(0.35, 0.7))]


def _tinted(page: Pixels, faults: ScanFaults, rng: np.random.Generator) -> Pixels:
    """Put the page on coloured paper and raise its blacks, as a scanner's stray light does."""
    tint = np.array(_PAPERS[rng.integers(len(_PAPERS))])
    black = rng.uniform(*faults.veil)
    ramp = black + np.linspace(0, 1, 256)[:, None] * (tint - black)
    return np.asarray(cv2.LUT(page, ramp.astype(np.uint8)[None]), np.uint8)


def _on_glass(
    page: Pixels,
    skew_degrees: float,
    faults: ScanFaults,
    rng: np.random.Generator,
    dpi: int,
) -> Pixels:
    """Lay the page on the glass, turned and a little off its place; the lid shows round it."""
    height, width = page.shape[:2]
    lid = _BLACK_LID if rng.random() < faults.black_lid else _WHITE_LID
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -skew_degrees, 1.0)
    reach = 2.5 / 25.4 * dpi * faults.skew_degrees / 2.8
    turn[:, 2] += rng.uniform(-reach, reach, 2)
    return np.asarray(
        cv2.warpAffine(page, turn, (width, height), flags=cv2.INTER_LINEAR, borderValue=tuple(lid)),
        np.uint8,
    )


def _shaded(page: Pixels, faults: ScanFaults, rng: np.random.Generator) -> Pixels:
    """Light the page unevenly: softly varying, darker towards one side."""
    height, width = page.shape[:2]
    coarse = rng.random((4, 4), dtype=np.float32)
    coarse += np.linspace(0, rng.uniform(0, 1.5), 4, dtype=np.float32)
    coarse *= faults.shade / coarse.max()
    light = cv2.resize(1 - coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    gain = (255 * light).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.multiply(page, cv2.merge([gain] * 3), scale=1 / 255), np.uint8)


def _streak(page: Pixels, rng: np.random.Generator) -> None:
    width = page.shape[1]
    x = int(rng.integers(width // 20, width - width // 20))
    thick = max(1, width // 1600)
    line = page[:, x : x + thick]
    line[:] = cv2.subtract(np.ascontiguousarray(line), np.full_like(line, rng.integers(25, 60)))


def _dust(page: Pixels, rng: np.random.Generator, dpi: int) -> None:
    height, width = page.shape[:2]
    for _ in range(int(rng.integers(5, 25))):
        at = (int(rng.integers(width)), int(rng.integers(height)))
        grey = int(rng.integers(90, 190))
        cv2.circle(page, at, int(rng.integers(1, max(2, dpi // 100))), (grey,) * 3, -1)


def _noisy(page: Pixels, faults: ScanFaults, rng: np.random.Generator) -> Pixels:
    """Add sensor noise, mostly grey with a little colour, repeated from a tile for speed."""
    height, width = page.shape[:2]
    sigma = rng.uniform(*faults.noise)
    across, down = min(width, _NOISE_TILE), min(height, _NOISE_TILE)
    grain = rng.standard_normal((down, across, 1), np.float32)
    colour = rng.standard_normal((down, across, 3), np.float32)
    # A scanner's optics soften its noise: neighbours are alike, and the files stay small.
    tile = cv2.GaussianBlur(sigma * (grain + 0.35 * colour), (0, 0), 0.7) * 1.8
    repeats = (height // down + 1, width // across + 1, 1)
    lighter, darker = (
        np.tile(part.clip(0, 255).astype(np.uint8), repeats)[:height, :width]
        for part in (tile, -tile)
    )
    return np.asarray(cv2.subtract(cv2.add(page, lighter), darker), np.uint8)


def _jpeg(page: Pixels, dpi: int, quality: int) -> bytes:
    written = io.BytesIO()
    Image.fromarray(page).save(written, "JPEG", quality=quality, dpi=(dpi, dpi))
    return written.getvalue()
