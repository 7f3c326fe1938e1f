"""Who took a picture out, and when, over the whole of it: downloads and prints tell where they come from."""

from __future__ import annotations

import io
import zlib
from datetime import datetime
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from pipeline.clocks import ZONE
from pipeline.specimens.fonts import find_font, load_font

if TYPE_CHECKING:
    import pikepdf

_ANGLE = 30
_DARKNESS = 60
"""Of 255, how much the grey covers: print beneath it stays readable, the mark survives a photocopy."""
_GREY = 0.35
_PDF_DPI = 100


def mark_of(person: str, at: datetime, request: int | None = None, level: str = "") -> str:
    """Return what a watermark says: person, moment in Shanghai, and the access request where there is one.

    ``level``: the name of a level of secrecy, which stands before all (BM-06).
    """
    number = f" #{request}" if request is not None else ""
    return f"{level} {person} {at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}{number}".lstrip()


def marked_picture(picture: Image.Image, mark: str) -> Image.Image:
    """Return a picture in RGB with the mark all over it; the picture itself is left as it is."""
    plain = picture.convert("RGB")
    grey = Image.new("RGB", plain.size, (int(255 * _GREY),) * 3)
    return Image.composite(grey, plain, _cover(plain.size, mark))


def marked_pdf(content: bytes, mark: str) -> bytes:
    """Return a PDF of our own making with the mark over each page.

    Never for a PDF that was delivered: its bytes are opened in the sandbox alone.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(content)) as pdf:
        for page in pdf.pages:
            left, bottom, right, top = (float(one) for one in page.mediabox)
            size = (right - left, top - bottom)
            pixels = tuple(max(1, round(one / 72 * _PDF_DPI)) for one in size)
            cover = _cover((pixels[0], pixels[1]), mark)
            name = page.add_resource(
                _grey_through(pdf, cover), pikepdf.Name.XObject, pikepdf.Name.PaperproofMark
            )
            page.contents_add(b"q", prepend=True)
            place = f"Q q {size[0]} 0 0 {size[1]} {left} {bottom} cm {name} Do Q"
            page.contents_add(place.encode())
        written = io.BytesIO()
        pdf.save(written)
    return written.getvalue()


def _grey_through(pdf: pikepdf.Pdf, cover: Image.Image) -> pikepdf.Object:
    """One grey pixel, shown through the cover: a soft mask may be finer than its picture."""
    import pikepdf

    def picture(data: bytes, width: int, height: int, **more: object) -> pikepdf.Stream:
        return pikepdf.Stream(
            pdf,
            zlib.compress(data),
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Image,
            Width=width,
            Height=height,
            ColorSpace=pikepdf.Name.DeviceGray,
            BitsPerComponent=8,
            Filter=pikepdf.Name.FlateDecode,
            **more,
        )

    mask = picture(cover.tobytes(), *cover.size)
    return picture(bytes([int(255 * _GREY)]), 1, 1, SMask=pdf.make_indirect(mask))


def _cover(size: tuple[int, int], mark: str) -> Image.Image:
    """Return how much each pixel is covered, 0 to 255: the mark in slanting rows."""
    width, height = size
    font = load_font(find_font(), max(14, min(size) // 40))
    left, top, right, bottom = font.getbbox(mark)
    word, line = int(right - left), int(bottom - top)
    # slanting rows are drawn straight on a sheet that covers the picture however it is turned
    side = int((width**2 + height**2) ** 0.5) + 2 * line
    rows = Image.new("L", (side, side), 0)
    pen = ImageDraw.Draw(rows)
    for row, y in enumerate(range(0, side, 7 * line)):
        for x in range(-(row % 2) * word, side, 2 * word):
            pen.text((x, y), mark, fill=_DARKNESS, font=font)
    turned = rows.rotate(_ANGLE, resample=Image.Resampling.BILINEAR)
    start = (side - width) // 2, (side - height) // 2
    return turned.crop((*start, start[0] + width, start[1] + height))
