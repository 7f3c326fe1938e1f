"""How sharply ink stands on the paper, at full resolution, on the few tiles of a page with most of it."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from pipeline.ink import Mask, Plane
from pipeline.measured import Detail
from pipeline.model import Pixels

_TILE = 256  # pixels; a multiple of a JPEG block, so that tiles keep the blocks
_TILES = 8
_BLOCK = 8  # of JPEG
_LEAST_BLOCKS = 200  # with strokes: a few lines of text
_STROKE = 60.0  # a block's coarse coefficient where a stroke passes; noise reaches 40
_BLOWN = 254
_PAPER_RANK, _INK_RANK = 0.9, 0.01  # of a tile's pixels: brightness of the paper, of the strokes
_EDGE_RANK = 0.995  # of a tile's slopes: the sharp side of a stroke
_GAUSS_SLOPE = math.sqrt(
    2 * math.pi
)  # steepest slope of an edge blurred by sigma: height / (this * sigma)


def detail_of(pixels: Pixels, ink: Mask) -> Detail | None:
    """Measure a page whose ink, on any reduced copy, is ``ink``; None without a tile of ink."""
    tiles = _tiles(pixels, ink)
    if not len(tiles):
        return None
    paper, darkest = _ranked(tiles, _PAPER_RANK), _ranked(tiles, _INK_RANK)
    height = np.maximum(paper - darkest, 1.0)
    slopes = np.array([_steepest(tile) for tile in tiles])
    return Detail(
        blur_pixels=round(float(np.median(height / (_GAUSS_SLOPE * np.maximum(slopes, 0.1)))), 2),
        contrast=round(float(np.median(height / np.maximum(paper, 1.0))), 3),
        paper_level=round(float(np.median(paper))),
        blown_share=round(float(np.count_nonzero(tiles >= _BLOWN)) / tiles.size, 3),
        doubling=_doubling(tiles),
    )


def _tiles(pixels: Pixels, ink: Mask) -> Plane:
    """Cut out the tiles with most ink, in green: the channel that JPEG and lenses blur least."""
    down, across = pixels.shape[0] // _TILE, pixels.shape[1] // _TILE
    if not down or not across:
        return np.empty((0, _TILE, _TILE), np.uint8)
    seen_down = round(ink.shape[0] * down * _TILE / pixels.shape[0])
    seen_across = round(ink.shape[1] * across * _TILE / pixels.shape[1])
    seen = ink[:seen_down, :seen_across].astype(np.float32)
    dense = cv2.resize(seen, (across, down), interpolation=cv2.INTER_AREA).ravel()
    chosen = [place for place in np.argsort(-dense, kind="stable")[:_TILES] if dense[place] > 0]
    corners = [(int(place) // across * _TILE, int(place) % across * _TILE) for place in chosen]
    cut = [pixels[y : y + _TILE, x : x + _TILE, 1] for y, x in corners]
    return np.array(cut, np.uint8).reshape(-1, _TILE, _TILE)


def _ranked(tiles: Plane, rank: float) -> npt.NDArray[np.float64]:
    """Return the brightness below which ``rank`` of each tile's pixels lie."""
    counts = np.array([np.bincount(tile.ravel(), minlength=256) for tile in tiles])
    levels = np.argmax(np.cumsum(counts, axis=1) >= rank * _TILE**2, axis=1)
    return np.asarray(levels, np.float64)


def _steepest(tile: Plane) -> float:
    across = cv2.Sobel(tile, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(tile, cv2.CV_32F, 0, 1, scale=1 / 8)
    slopes = cv2.magnitude(across, down).ravel()
    rank = int(_EDGE_RANK * len(slopes))
    return float(np.partition(slopes, rank)[rank])


def _doubling(tiles: Plane) -> float | None:
    """Return by how much, in powers of ten, detail falls and dips at half the finest frequency.

    Enlarging twice leaves nothing finer than that, and next to nothing at it: of the cosine powers
    p3, p4, p5 of JPEG's own blocks, p4 lies below p3 and below the middle of both. Both are added.
    """
    rows = tiles.reshape(-1, _TILE // _BLOCK, _BLOCK, _TILE // _BLOCK, _BLOCK)
    blocks = rows.transpose(0, 1, 3, 2, 4).reshape(-1, _BLOCK, _BLOCK).astype(np.float32)
    cosines = _cosines()
    waves = cosines @ blocks @ cosines.T
    coarse = np.abs(waves[:, :3, 1:4]).max(axis=(1, 2))
    strokes = np.square(waves[coarse > _STROKE])
    if len(strokes) < _LEAST_BLOCKS:
        return None
    across, down = strokes[:, :3].mean(axis=(0, 1)), strokes[:, :, :3].mean(axis=(0, 2))
    third, fourth, fifth = (np.log10(across + 1e-3) + np.log10(down + 1e-3))[3:6] / 2
    return round(float(1.5 * third + 0.5 * fifth - 2 * fourth), 2) + 0.0


def _cosines() -> npt.NDArray[np.float32]:
    """Return the matrix of the 8-point cosine transform (DCT-II, orthonormal)."""
    step = np.arange(_BLOCK)
    matrix = np.cos(np.pi * (2 * step[None] + 1) * step[:, None] / (2 * _BLOCK)) / 2
    matrix[0] /= math.sqrt(2)
    return matrix.astype(np.float32)
