"""What is put on a voucher by hand or machine afterwards: codes, stamp, signature, punch holes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from pipeline.model import Pixels
from pipeline.specimens.fonts import REGULAR, load_font
from pipeline.specimens.ink import Colour, Mask

STAMP_RED = Colour(205, 38, 48)
PEN_BLUE = Colour(32, 62, 160)

CODE128, QR = "code128", "qr"
_MODULE_MM = {CODE128: 0.34, QR: 0.85}


def code_ink(
    text: str,
    code: str,
    dpi: int,
    *,
    module_mm: float | None = None,
    height_mm: float = 10,
    ec_level: str = "M",
) -> Mask:
    """Draw a Code128 (``height_mm`` high) or QR code of a text, without quiet zone, whole pixels a module.

    ``module_mm``: the narrowest bar or square, by default as on a voucher; ``ec_level``: L, M, Q or H, how
    much of a QR code may be lost.
    """
    modules = code_modules(text, code, ec_level=ec_level)
    side = max(1, round((module_mm or _MODULE_MM[code]) / 25.4 * dpi))
    if code == CODE128:
        return np.tile(np.repeat(modules[0], side), (round(height_mm / 25.4 * dpi), 1))
    return modules.repeat(side, axis=0).repeat(side, axis=1)


def code_modules(text: str, code: str, *, ec_level: str = "M") -> Mask:
    """Return a code's modules, 255 where it is dark; of a Code128 each row is the same."""
    kinds = {CODE128: zxingcpp.BarcodeFormat.Code128, QR: zxingcpp.BarcodeFormat.QRCode}
    options = {"ec_level": ec_level} if code == QR else {}
    made = zxingcpp.create_barcode(text, kinds[code], **options)
    return 255 - np.array(made.to_image(scale=1, add_quiet_zones=False), np.uint8)


def stamp_ink(ring: str, middle: str, diameter: int, font: Path, rng: np.random.Generator) -> Mask:
    """Draw a round stamp of ``diameter`` pixels: text along the ring, a star, text below it.

    It stands turned a little and takes ink unevenly, as rubber does.
    """
    seal = Image.new("L", (diameter, diameter))
    pen = ImageDraw.Draw(seal)
    centre, line = diameter / 2, max(1, diameter // 42)
    pen.ellipse((1, 1, diameter - 2, diameter - 2), outline=255, width=line)
    pen.polygon(_star(centre, centre * 0.97, diameter * 0.12), fill=255)
    text = load_font(font, max(4, round(diameter * 0.085)), REGULAR)
    pen.text((centre, diameter * 0.76), middle, fill=255, font=text, anchor="ms")
    _along_ring(seal, ring, load_font(font, max(4, round(diameter * 0.115)), REGULAR))
    inked = np.asarray(seal.rotate(rng.uniform(-25, 25), Image.Resampling.BICUBIC), np.uint8)
    grain = cv2.resize(rng.random((24, 24), dtype=np.float32), inked.shape)
    return np.asarray(inked * (rng.uniform(0.7, 0.92) - 0.45 * grain**2), np.uint8)


def signature_ink(width: int, height: int, rng: np.random.Generator) -> Mask:
    """Draw something written fast with a ball pen: two or three runs of loops, thick where slow."""
    mask = np.zeros((height, width), np.uint8)
    runs = int(rng.integers(2, 4))
    for run in range(runs):
        _write_run(mask, run / runs, (run + 1.15) / runs, rng)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), max(0.4, height / 240)), np.uint8)


def punch_holes(page: Pixels, dpi: int, behind: Colour) -> None:
    """Punch two holes of 6 mm, 80 mm apart, 12 mm from the left edge, in place."""
    height = page.shape[0]
    for offset in (-40, 40):
        at = (round(12 / 25.4 * dpi), height // 2 + round(offset / 25.4 * dpi))
        radius = round(3 / 25.4 * dpi)
        cv2.circle(page, at, radius + max(1, dpi // 100), (214, 212, 208), -1, cv2.LINE_AA)
        cv2.circle(page, at, radius, tuple(behind), -1, cv2.LINE_AA)


def _star(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    turns = np.arange(10) * np.pi / 5 - np.pi / 2
    reach = np.where(np.arange(10) % 2, 0.382 * radius, radius)
    return [(x + r * np.cos(t), y + r * np.sin(t)) for t, r in zip(turns, reach, strict=True)]


def _along_ring(seal: Image.Image, text: str, font: ImageFont.FreeTypeFont) -> None:
    """Set the text on the upper three quarters of the ring, each character upright to the centre."""
    centre, radius = seal.width / 2, seal.width * 0.395
    cell = int(font.size * 1.6)
    for turn, character in zip(np.linspace(-116, 116, len(text)), text, strict=True):
        glyph = Image.new("L", (cell, cell))
        ImageDraw.Draw(glyph).text((cell / 2, cell / 2), character, 255, font, anchor="mm")
        glyph = glyph.rotate(-turn, Image.Resampling.BICUBIC)
        x = centre + radius * np.sin(np.radians(turn)) - cell / 2
        y = centre - radius * np.cos(np.radians(turn)) - cell / 2
        seal.paste(255, (round(x), round(y)), glyph)


def _write_run(mask: Mask, start: float, end: float, rng: np.random.Generator) -> None:
    """Write one run of loops between two shares of the width."""
    height, width = mask.shape
    way = np.linspace(0, 1, 160)
    loops = rng.uniform(2, 4)
    x = width * (start + (end - start) * way * 0.8 + 0.05)
    x += width * rng.uniform(0.02, 0.05) * np.sin(2 * np.pi * (loops * way + rng.random()))
    y = height * (0.5 + rng.uniform(-0.12, 0.12) + rng.uniform(-0.25, 0.1) * way)
    y += height * _swing(way, loops, rng)
    speed = np.hypot(np.gradient(x), np.gradient(y))
    thick = max(1.0, height / 45) * (1.5 - 0.8 * speed / speed.max())
    points = np.stack([x, y], axis=1).clip(1, [width - 2, height - 2])
    for here, there, pen in zip(points[:-1], points[1:], thick, strict=False):
        ends = [tuple(int(16 * v) for v in point) for point in (here, there)]
        cv2.line(mask, ends[0], ends[1], 255, max(1, round(float(pen))), cv2.LINE_AA, shift=4)


def _swing(
    way: npt.NDArray[np.float64], loops: float, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    swing = np.zeros_like(way)
    for harmonic, reach in ((1.0, 0.2), (2.3, 0.1), (3.7, 0.05)):
        swing += (
            rng.uniform(0.5, 1)
            * reach
            * np.cos(2 * np.pi * (loops * harmonic * way + rng.random()))
        )
    return swing
