"""Sandboxes for tests, sound and taken over, and the pages put into them."""

import io
import json
from pathlib import Path

from PIL import Image

from pipeline.kinds import DecodeLimits
from pipeline.sandbox import Sandbox

TAKEN_OVER = Path(__file__).with_name("taken_over.py")
SMALL = DecodeLimits(cpu_seconds=1, wall_seconds=30, memory_bytes=200 * 2**20)


def taken_over(limits: DecodeLimits = SMALL) -> Sandbox:
    """A sandbox whose jobs do what a decoder does that an attacker has taken over."""
    return Sandbox(limits, server=(str(TAKEN_OVER),))


def png(shade: int = 200, side: int = 50) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (side, side), (shade, 10, 10)).save(made, "PNG", dpi=(300, 300))
    return made.getvalue()


def claim(**other: object) -> bytes:
    """What looks like a PNG; the taken-over decoder says of it what it holds."""
    told = {"format": "PNG", "colour_mode": "grey", "dpi": None, "height": 2, "width": 2}
    return b"\x89PNG\r\n\x1a\n" + json.dumps(told | other).encode()


def tiff(pages: int) -> bytes:
    made = io.BytesIO()
    first, *others = (Image.new("L", (20, 20), shade) for shade in range(pages))
    first.save(made, "TIFF", save_all=True, append_images=others)
    return made.getvalue()
