"""How often a value of a page read whole is right, by how legible its line was to the engine."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

_CURVES: Mapping[str, tuple[tuple[float, float], ...]] = {
    "rapidocr": (
        *((0.0, 0.0), (0.6, 0.03), (0.75, 0.15), (0.85, 0.4), (0.925, 0.6), (0.96, 0.83)),
        *((0.98, 0.955), (0.9925, 0.985), (0.997, 0.997), (0.9995, 0.9997), (1.0, 1.0)),
    ),
}
"""Mean probability of the signs, and the share of 4,700 values, clean to spoilt, that were right."""


def calibrated(engine: str, confidence: float) -> float:
    """Return how likely a value is right that ``engine`` gave ``confidence``; of unknown engines, that."""
    curve = _CURVES.get(engine)
    if curve is None:
        return confidence
    at, right = zip(*curve, strict=True)
    return round(float(np.interp(confidence, at, right)), 4)
