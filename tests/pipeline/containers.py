"""Files of one page and of several, made for the tests of splitting."""

import io
from typing import Any

import pypdf
import pytest
from PIL import Image, ImageDraw
from pypdf.generic import (
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
)

from pipeline.kinds import DecodeLimits
from pipeline.refusals import Refusal
from pipeline.split import split

LIMITS = DecodeLimits()
A6_POINTS = (297.6, 419.5)


def voucher(mode: str = "RGB", dpi: int = 150) -> Image.Image:
    width, height = (round(side / 72 * dpi) for side in A6_POINTS)
    image = Image.new("RGB", (width, height), (240, 236, 220))
    pen = ImageDraw.Draw(image)
    for row in range(20, height - 20, 30):
        pen.rectangle((20, row, 20 + (row * 7) % (width - 60), row + 9), fill=(30, 30, 60))
    pen.ellipse((100, 150, 180, 230), outline=(200, 30, 30), width=6)
    return image.convert(mode)


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    written = io.BytesIO()
    image.save(written, form, **options)
    return written.getvalue()


def scan_pdf(jpeg: bytes, contents: bytes = b"", **image_entries: Any) -> bytes:
    """A PDF whose page is one embedded JPEG, as scanners make it, and ``contents`` besides."""
    with Image.open(io.BytesIO(jpeg)) as image:
        size, space = image.size, "/DeviceGray" if image.mode == "L" else "/DeviceRGB"
    picture = StreamObject()
    picture.set_data(jpeg)
    for key, value in {
        "/Type": NameObject("/XObject"),
        "/Subtype": NameObject("/Image"),
        "/Width": NumberObject(size[0]),
        "/Height": NumberObject(size[1]),
        "/ColorSpace": NameObject(space),
        "/BitsPerComponent": NumberObject(8),
        "/Filter": NameObject("/DCTDecode"),
        **{f"/{name}": value for name, value in image_entries.items()},
    }.items():
        picture[NameObject(key)] = value
    return drawn_pdf(b"q %f 0 0 %f 0 0 cm /Scan Do Q " % A6_POINTS + contents, picture)


def drawn_pdf(
    contents: bytes, picture: StreamObject | None = None, font: str = "Helvetica"
) -> bytes:
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(*A6_POINTS)
    drawing = StreamObject()
    drawing.set_data(contents)
    page[NameObject("/Contents")] = writer._add_object(drawing)
    typeface = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject(f"/{font}"),
        }
    )
    resources = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F"): typeface})}
    )
    if picture is not None:
        scan = DictionaryObject({NameObject("/Scan"): writer._add_object(picture)})
        resources[NameObject("/XObject")] = scan
    page[NameObject("/Resources")] = resources
    return written(writer)


def written(writer: pypdf.PdfWriter) -> bytes:
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def refused(content: bytes, limits: DecodeLimits = LIMITS) -> Refusal:
    with pytest.raises(Refusal) as caught:
        split(content, "3301-0001", limits)
    assert "3301-0001" in str(caught.value)
    return caught.value
