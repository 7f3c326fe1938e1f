"""The typeface of the specimens, found on the system."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

from pipeline.errors import UserError
from pipeline.language import say

FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
REGULAR, MONO = 0, 1
"""The collection's faces."""

_FONT_FILE = "wqy-microhei.ttc"


def find_font(folders: tuple[Path, ...] = FONT_FOLDERS) -> Path:
    """Return the path of WenQuanYi Micro Hei; UserError names the package to install."""
    for folder in folders:
        for path in sorted(folder.rglob(_FONT_FILE)):
            return path
    raise UserError(
        say(
            "The Chinese typeface {font} is missing under {folders}; install the package "
            "{package} (sudo apt-get install {package}).",
            font=_FONT_FILE,
            folders=", ".join(str(folder) for folder in folders),
            package="fonts-wqy-microhei",
        )
    )


@lru_cache(maxsize=64)
def load_font(path: Path, pixels: int, face: int = REGULAR) -> ImageFont.FreeTypeFont:
    """Load a face at a size in pixels; the basic layout, so that every machine sets the same type."""
    return ImageFont.truetype(path, pixels, index=face, layout_engine=ImageFont.Layout.BASIC)
