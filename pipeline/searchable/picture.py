"""A page's master as a PDF shows it; meant to run inside the sandbox (``pipeline.sandbox``).

JPEG and JPEG 2000 go into a PDF as they are, byte for byte. Anything else is packed anew without loss.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from PIL import Image

from pipeline.decode import decode, load_completely, opened, orientation_of, recorded_dpi
from pipeline.kinds import DecodeLimits, Kind, recognise
from pipeline.refusals import Refusal, Why

_PNG_HEAD = 8
_AS_IT_IS = ("L", "RGB")
_JP2_BOX = b"\0\0\0\x0cjP  "


class Packing(StrEnum):
    """How a picture's bytes are packed, by the name of the PDF filter that opens them."""

    JPEG = "DCTDecode"
    JPEG2000 = "JPXDecode"
    PNG_ROWS = "FlateDecode"
    """As in a PNG: rows predicted from one another, then deflated."""


@dataclass(frozen=True)
class PagePicture:
    """What a PDF must know to show a page's master."""

    packed: bytes
    packing: Packing
    width: int
    """Pixels a row as packed, before the page is turned upright."""
    height: int
    channels: int
    """1: grey or bitonal, 3: RGB."""
    bits: int
    """Bits a channel, 1 or 8."""
    orientation: int
    """1 to 8 as in EXIF: what turns the packed picture into the page that people see."""
    dpi: tuple[float, float] | None
    """Of the packed picture, across and down; None when the master records none."""

    @property
    def as_it_came(self) -> bool:
        """Whether the packed bytes are the master's own."""
        return self.packing is not Packing.PNG_ROWS


def page_picture(content: bytes, limits: DecodeLimits) -> PagePicture:
    """Return one page's master as a PDF can show it.

    Raises ``Refusal`` (Q01) as ``pipeline.decode.decode`` does: the page is opened completely.
    """
    kind = recognise(content, limits)
    if kind is Kind.PDF:
        raise Refusal(Why.CONTAINER)
    with opened(content, kind, limits) as image:
        load_completely(content, kind, image)
        orientation = (
            1 if kind is Kind.TIFF else orientation_of(image)
        )  # TIFF is turned when opened
        dpi = recorded_dpi(image, kind)
        packing = _packing(content, kind, image)
        if packing:
            return _picture(content, packing, image, orientation, dpi)
        if image.mode in ("1", *_AS_IT_IS) and not image.has_transparency_data:
            return _picture(_png_rows(image), Packing.PNG_ROWS, image, orientation, dpi)
    return _as_seen(content, dpi if orientation < 5 or not dpi else (dpi[1], dpi[0]), limits)


def _packing(content: bytes, kind: Kind, image: Image.Image) -> Packing | None:
    """How the master's own bytes go into a PDF/A-2; None when they cannot (CMYK, transparency, bare J2K)."""
    if image.mode not in _AS_IT_IS:
        return None
    if kind is Kind.JPEG:
        return Packing.JPEG
    if kind is Kind.JPEG2000 and content.startswith(_JP2_BOX):
        return Packing.JPEG2000
    return None


def _as_seen(content: bytes, dpi: tuple[float, float] | None, limits: DecodeLimits) -> PagePicture:
    """Pack the pixels that people and readers see: 8 bits, upright, on white paper."""
    pixels = decode(content, limits).pixels
    grey = bool(np.array_equal(pixels[..., 0], pixels[..., 1])) and bool(
        np.array_equal(pixels[..., 1], pixels[..., 2])
    )
    seen = Image.fromarray(pixels[..., 0] if grey else pixels)
    return _picture(_png_rows(seen), Packing.PNG_ROWS, seen, 1, dpi)


def _picture(
    packed: bytes,
    packing: Packing,
    image: Image.Image,
    orientation: int,
    dpi: tuple[float, float] | None,
) -> PagePicture:
    return PagePicture(
        packed=packed,
        packing=packing,
        width=image.width,
        height=image.height,
        channels=3 if image.mode == "RGB" else 1,
        bits=1 if image.mode == "1" else 8,
        orientation=orientation,
        dpi=dpi,
    )


def _png_rows(image: Image.Image) -> bytes:
    """Return the deflated rows of ``image`` as a PNG would hold them: a PDF reads the same (predictor 15)."""
    written = io.BytesIO()
    image.copy().save(
        written, "PNG"
    )  # an opened file would ask for its folder, which is walled off
    png, at, rows = written.getvalue(), _PNG_HEAD, []
    while at < len(png):
        length, name = struct.unpack_from(">I4s", png, at)
        if name == b"IDAT":
            rows.append(png[at + 8 : at + 8 + length])
        at += 12 + length
    return b"".join(rows)
