import io
import random
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from pipeline.decode import decode
from pipeline.errors import PageRefused
from pipeline.kinds import DecodeLimits
from pipeline.model import ColourMode
from pipeline.refusals import Refusal, Why

LIMITS = DecodeLimits()
FORMATS = ("JPEG", "PNG", "TIFF", "JPEG2000")


def voucher(mode: str = "RGB", size: tuple[int, int] = (220, 300)) -> Image.Image:
    image = Image.new("RGB", size, (240, 236, 220))
    pen = ImageDraw.Draw(image)
    for row in range(20, size[1] - 20, 22):
        pen.rectangle((20, row, 20 + (row * 7) % 160, row + 9), fill=(30, 30, 60))
    pen.ellipse((120, 150, 180, 210), outline=(200, 30, 30), width=5)
    return image.convert(mode)


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    written = io.BytesIO()
    image.save(written, form, **options)
    return written.getvalue()


def why(content: bytes, limits: DecodeLimits = LIMITS) -> Why:
    with pytest.raises(Refusal) as caught:
        decode(content, limits)
    assert caught.value.check == "Q01"
    assert str(caught.value).startswith("The page ")
    return caught.value.why


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
@pytest.mark.parametrize(
    ("mode", "colour"),
    [
        ("1", ColourMode.BITONAL),
        ("L", ColourMode.GREY),
        ("LA", ColourMode.GREY),
        ("P", ColourMode.COLOUR),
        ("RGB", ColourMode.COLOUR),
        ("RGBA", ColourMode.COLOUR),
    ],
)
def test_each_mode_becomes_the_rgb_that_people_see(
    form: str, mode: str, colour: ColourMode
) -> None:
    image = voucher(mode)
    page = decode(saved(image, form), LIMITS)
    assert page.format == form
    assert page.colour_mode is colour
    assert np.array_equal(page.pixels, np.asarray(image.convert("RGB")))


def test_a_cmyk_jpeg_and_a_grey_jpeg2000_open() -> None:
    cmyk = decode(saved(voucher("CMYK"), "JPEG", quality=95), LIMITS)
    assert abs(cmyk.pixels.astype(int) - np.asarray(voucher()).astype(int)).mean() < 8
    grey = decode(saved(voucher("L"), "JPEG2000"), LIMITS)
    assert (grey.format, grey.colour_mode) == ("JPEG2000", ColourMode.GREY)


def test_sixteen_bits_keep_their_high_byte() -> None:
    ramp = np.arange(256, dtype=np.uint16).repeat(16).reshape(64, 64) * 257
    page = decode(saved(Image.fromarray(ramp), "PNG"), LIMITS)
    assert np.array_equal(page.pixels[..., 0], (ramp >> 8).astype(np.uint8))


def test_transparency_lies_on_white_paper() -> None:
    clear = Image.new("RGBA", (30, 30), (0, 0, 0, 0))
    assert decode(saved(clear, "PNG"), LIMITS).pixels.min() == 255


def test_grey_saved_as_rgb_is_grey() -> None:
    page = decode(saved(voucher("L").convert("RGB"), "PNG"), LIMITS)
    assert page.colour_mode is ColourMode.GREY


def test_a_float_tiff_is_refused_as_unfaithful() -> None:
    assert why(saved(voucher("F"), "TIFF")) is Why.UNSUPPORTED


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
def test_recorded_dpi_is_read(form: str) -> None:
    assert decode(saved(voucher(), form, dpi=(300, 200)), LIMITS).dpi == (300.0, 200.0)


@pytest.mark.parametrize("form", FORMATS)
def test_no_dpi_is_none(form: str) -> None:
    assert decode(saved(voucher(), form), LIMITS).dpi is None


def test_a_dpi_of_one_is_none() -> None:
    assert decode(saved(voucher(), "TIFF", dpi=(1, 1)), LIMITS).dpi is None


def exif(**tags: object) -> Image.Exif:
    numbers = {"orientation": 274, "across": 282, "down": 283, "unit": 296}
    made = Image.Exif()
    for name, value in tags.items():
        made[numbers[name]] = value
    return made


def test_dpi_is_read_from_exif_where_jfif_has_none_and_never_invented() -> None:
    told = exif(across=100.0, down=80.0, unit=3)
    assert decode(saved(voucher(), "JPEG", exif=told), LIMITS).dpi == (254.0, 203.2)
    assert decode(saved(voucher(), "JPEG", exif=exif(orientation=1)), LIMITS).dpi is None


@pytest.mark.parametrize("turn", range(1, 9))
def test_the_recorded_orientation_is_applied(turn: int) -> None:
    content = saved(voucher(), "PNG", exif=exif(orientation=turn), dpi=(300, 200))
    page = decode(content, LIMITS)
    with Image.open(io.BytesIO(content)) as image:
        expected = ImageOps.exif_transpose(image)
    assert np.array_equal(page.pixels, np.asarray(expected))
    assert page.dpi == ((200.0, 300.0) if turn >= 5 else (300.0, 200.0))


@pytest.mark.requirement("CG-16.5e")
@pytest.mark.parametrize(
    ("form", "options"),
    [("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {}), ("JPEG2000", {})]
    + [("TIFF", {"compression": c}) for c in (None, "tiff_lzw", "tiff_adobe_deflate", "jpeg")],
)
def test_a_cut_at_any_length_is_refused(form: str, options: dict[str, object]) -> None:
    content = saved(voucher(), form, **options)
    cuts = {len(content) - n for n in (1, 2, 3, 8, 20)} | {
        len(content) * n // 12 for n in range(1, 12)
    }
    for cut in cuts:
        with pytest.raises(PageRefused):
            decode(content[:cut], LIMITS)


@pytest.mark.parametrize("compression", ["group3", "group4"])
def test_a_cut_fax_page_is_refused(compression: str) -> None:
    content = saved(voucher("1"), "TIFF", compression=compression)
    for cut in (1, 4, 5, 60, len(content) // 2, len(content) - 50):
        assert why(content[:-cut]) is Why.DAMAGED


def test_a_codestream_without_boxes_opens_and_is_refused_when_cut() -> None:
    content = saved(voucher(), "JPEG2000", no_jp2=True)
    assert decode(content, LIMITS).format == "JPEG2000"
    assert why(content[: len(content) // 2]) is Why.DAMAGED


def test_a_png_whose_bytes_do_not_fit_their_checksum_is_refused() -> None:
    content = bytearray(saved(voucher(), "PNG", compress_level=0))
    content[len(content) // 2] ^= 0xFF
    assert why(bytes(content)) is Why.DAMAGED


def test_damaged_bytes_open_or_are_refused_but_never_fail_otherwise() -> None:
    chance = random.Random(20261119)
    refused = 0
    for form in FORMATS:
        content = saved(voucher(size=(60, 60)), form)
        for _ in range(60):
            damaged = bytearray(content)
            for _ in range(chance.randint(1, 8)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            try:
                decode(bytes(damaged), LIMITS)
            except PageRefused:
                refused += 1
    assert refused > 60


def bomb_png(side: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [9_000, 10_000, 60_000])
def test_a_decompression_bomb_is_refused_by_its_header(side: int) -> None:
    bomb = bomb_png(side)
    assert len(bomb) < 2_000
    assert why(bomb) is Why.TOO_MANY_PIXELS


def test_one_pixel_more_than_allowed_is_refused() -> None:
    limits = DecodeLimits(max_pixels=220 * 300)
    assert decode(saved(voucher(), "PNG"), limits).pixels.shape == (300, 220, 3)
    assert why(saved(voucher(size=(221, 300)), "PNG"), limits) is Why.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (saved(voucher(), "GIF"), "a GIF picture"),
        (saved(voucher(), "BMP"), "a BMP picture"),
        (saved(voucher(), "WEBP"), "a WebP picture"),
        (b"8BPS\0\1" + bytes(40), "a Photoshop picture"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"PK\x03\x04" + bytes(40), "a ZIP archive"),
        ("流水号 202611193301999357\n".encode(), "a text"),
        (bytes(5000), "zero bytes only"),
        (b"\x01\x02\x03\x04", "of an unknown kind"),
    ],
)
def test_what_is_no_page_is_named(content: bytes, told: str) -> None:
    with pytest.raises(Refusal, match=told) as caught:
        decode(content, LIMITS)
    assert caught.value.why is Why.WRONG_KIND


def test_nothing_and_too_much_are_refused() -> None:
    assert why(b"") is Why.EMPTY
    assert why(saved(voucher(), "PNG"), DecodeLimits(max_bytes=100)) is Why.TOO_LARGE
    assert why(b"%PDF-1.7\n") is Why.CONTAINER
