"""Open one page's master completely: bytes to upright RGB pixels, colour mode and recorded dpi.

Meant to run inside the sandbox (``pipeline.sandbox``): image decoders are assumed to have holes.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageFile

from pipeline.kinds import DecodeLimits, Kind, recognise
from pipeline.model import ColourMode, DecodedPage, Pixels
from pipeline.refusals import Refusal, Why
from pipeline.tiff import count_frames

_BAND = 64  # rows converted at a time, small enough for the allocator to use the same memory again
_PNG_END = b"IEND\xaeB`\x82"
_BITONAL = ("1",)
_GREY = ("L", "LA", "La", "I;16", "I;16B", "I;16L")
_SIXTEEN_BIT = ("I;16", "I;16B", "I;16L")
_COLOUR = ("P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr")
_WHITE_PAPER = (255, 255, 255, 255)
_MAX_PLAUSIBLE_DPI = 100_000.0


def decode(content: bytes, limits: DecodeLimits) -> DecodedPage:
    """Decode one page's master.

    Pixels are those stored, turned only as the EXIF or TIFF orientation says, so that people and
    readers see the page upright; transparency lies on white paper; 16-bit samples lose their low
    byte. The master itself is never altered. Of several frames the first is the page.

    Raises ``Refusal`` (Q01): not a page format, cut short or damaged anywhere, more pixels than
    ``limits.max_pixels`` by its header, or pixels that have no faithful 8-bit form.
    """
    kind = recognise(content, limits)
    if kind is Kind.PDF:
        raise Refusal(Why.CONTAINER)
    with opened(content, kind, limits) as image:
        load_completely(content, kind, image)
        turn = 1 if kind is Kind.TIFF else orientation_of(image)  # Pillow turns TIFF by itself
        dpi = recorded_dpi(image, kind)
        mode = image.mode
        pixels = _turned(_rgb(image), turn)
    if dpi and turn >= 5:
        dpi = (dpi[1], dpi[0])
    return DecodedPage(pixels, kind.value, _colour_mode(mode, pixels), dpi)


@contextlib.contextmanager
def opened(content: bytes, kind: Kind, limits: DecodeLimits) -> Iterator[Image.Image]:
    """Open ``content`` with the one decoder of ``kind``; whatever goes wrong inside is a ``Refusal``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd tags are common and harmless
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(content), formats=(kind.value,)) as image:
                require_size(image.size, limits)
                yield image
        except (Refusal, MemoryError):
            raise
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as bomb:
            raise Refusal(Why.TOO_MANY_PIXELS, limit=limits.max_pixels // 10**6) from bomb
        except Exception as fault:  # decoders raise nearly anything on hostile bytes
            raise Refusal(Why.DAMAGED) from fault


def require_size(size: Sequence[float], limits: DecodeLimits) -> None:
    """Refuse a picture that is larger than ``limits.max_pixels``."""
    width, height = size
    if width * height > limits.max_pixels:
        raise Refusal(Why.TOO_MANY_PIXELS, limit=limits.max_pixels // 10**6)


def load_completely(content: bytes, kind: Kind, image: Image.Image) -> None:
    """Decode every pixel of the current frame; refuse it when any byte of it is missing."""
    if image.mode not in (*_BITONAL, *_GREY, *_COLOUR):
        raise Refusal(Why.UNSUPPORTED)
    cut = kind is Kind.PNG and _PNG_END not in content  # the one cut that Pillow lets pass
    if ImageFile.LOAD_TRUNCATED_IMAGES or cut:
        raise Refusal(Why.DAMAGED)
    if kind is Kind.TIFF:
        count_frames(content, most=1)
    image.load()


def recorded_dpi(image: Image.Image, kind: Kind) -> tuple[float, float] | None:
    """Return the dots per inch that the file itself records; 0 and 1 are how programs write "none"."""
    try:
        if kind is Kind.JPEG and image.info.get("jfif_unit") not in (1, 2):
            dpi = _exif_dpi(_exif(image))  # Pillow would fill in 72 dpi here
        else:
            dpi = image.info.get("dpi")
        across, down = (round(float(number), 2) for number in dpi or (0, 0))
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    plausible = all(1 < number <= _MAX_PLAUSIBLE_DPI for number in (across, down))
    return (across, down) if plausible else None


def _exif_dpi(tags: Mapping[int, Any]) -> tuple[Any, Any] | None:
    across = tags.get(ExifTags.Base.XResolution)
    down = tags.get(ExifTags.Base.YResolution)
    unit = tags.get(ExifTags.Base.ResolutionUnit, 2)
    if across is None or down is None or unit not in (2, 3):
        return None
    per_inch = 2.54 if unit == 3 else 1.0
    return across * per_inch, down * per_inch


def _exif(image: Image.Image) -> Mapping[int, Any]:
    """Return the EXIF tags; broken ones count as none, since the pixels may be sound."""
    try:
        return image.getexif()
    except Exception:  # any, on hostile bytes
        return {}


def orientation_of(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 (upright) to 8; anything else counts as upright."""
    turn = _exif(image).get(ExifTags.Base.Orientation, 1)
    return turn if isinstance(turn, int) and 1 <= turn <= 8 else 1


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    if orientation >= 5:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _rgb(image: Image.Image) -> Pixels:
    """Convert to 8-bit RGB band by band."""
    width, height = image.size
    pixels = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, _BAND):
        band = image.crop((0, top, width, min(top + _BAND, height)))
        pixels[top : top + _BAND] = _rgb_band(band)
    return pixels


def _rgb_band(band: Image.Image) -> Pixels:
    if band.mode in _SIXTEEN_BIT:
        grey = (np.asarray(band) >> 8).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if band.has_transparency_data:
        seen = band.convert("RGBA")
        paper = Image.new("RGBA", seen.size, _WHITE_PAPER)
        band = Image.alpha_composite(paper, seen)
    return np.asarray(band if band.mode == "RGB" else band.convert("RGB"))


def _colour_mode(mode: str, pixels: Pixels) -> ColourMode:
    """How the page was seen; grey saved as RGB is grey, or Q03 could be passed by saving as RGB."""
    if mode in _BITONAL:
        return ColourMode.BITONAL
    sample = pixels[::4, ::4]
    red, green, blue = sample[..., 0], sample[..., 1], sample[..., 2]
    if mode in _GREY or (np.array_equal(red, green) and np.array_equal(green, blue)):
        return ColourMode.GREY
    return ColourMode.COLOUR
