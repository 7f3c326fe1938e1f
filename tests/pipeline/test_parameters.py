import io
import time

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw

from pipeline.measured import Detail, Sides
from pipeline.model import ColourMode, DecodedPage, Pixels
from pipeline.parameters import measure

A5 = (1748, 2480)  # at 300 dpi
Picture = npt.NDArray[np.uint8]


def blank(shade: tuple[int, int, int] = (245, 243, 238)) -> Image.Image:
    return Image.new("RGB", A5, shade)


def text(
    lines: int = 26, ink: tuple[int, int, int] = (40, 40, 45), *, ragged: bool = False
) -> Image.Image:
    """A voucher of text-like lines: words of strokes, as wide as Chinese characters at 10 points.

    Characters stand in columns too, unless lines begin raggedly.
    """
    chance = np.random.default_rng(7)
    page = blank()
    pen = ImageDraw.Draw(page)
    for line in range(lines):
        top = 260 + line * 80
        begin = 150 + (line * 17 % 46 if ragged else 0)
        for character in range(int(chance.integers(6, 30))):
            left = begin + character * 46
            for stroke in chance.integers(0, 36, 4):
                pen.line((left, top + stroke, left + 36, top + stroke), fill=ink, width=4)
                pen.line((left + stroke, top, left + stroke, top + 36), fill=ink, width=4)
    return page


def turned(page: Image.Image, clockwise: float) -> Picture:
    seen = page.rotate(-clockwise, Image.Resampling.BICUBIC, fillcolor=(245, 243, 238))
    return np.asarray(seen)


def noisy(pixels: Image.Image | Picture, sigma: float = 9.0) -> Picture:
    seen = np.asarray(pixels).astype(np.int16)
    grain = np.random.default_rng(3).normal(0, sigma, (311, seen.shape[1], 3)).astype(np.int16)
    seen += np.tile(grain, (len(seen) // 311 + 1, 1, 1))[: len(seen)]
    return seen.clip(0, 255).astype(np.uint8)


def page(pixels: Image.Image | Picture) -> DecodedPage:
    return DecodedPage(np.ascontiguousarray(pixels), "PNG", ColourMode.COLOUR, (300.0, 300.0))


def skew(pixels: Image.Image | Picture) -> float:
    measured = measure(page(pixels), 1).skew_degrees
    assert measured is not None
    return measured


def ink(pixels: Image.Image | Picture) -> float:
    return measure(page(pixels), 1).ink_share


def banded(pixels: Picture) -> Picture:
    light = 0.9 + 0.1 * np.sin(np.arange(len(pixels)) / 40)[:, None, None]
    dark = (pixels * light.astype(np.float32)).astype(np.uint8)
    dark[:, 600:606] = dark[:, 600:606] // 5 * 4
    return dark


def stamped(pixels: Picture) -> Picture:
    marked = pixels.copy()
    cv2.circle(marked, (900, 1200), 240, (210, 40, 40), 22)
    for row in range(300, 2300, 60):  # an overprint that runs another way
        cv2.line(marked, (200, row), (1500, row + 140), (225, 60, 60), 8)
    return marked


@pytest.mark.parametrize("angle", [-9.5, -3.0, -0.4, 0.0, 0.15, 1.0, 2.95, 7.3, 12.0])
def test_skew_is_measured_to_a_tenth_of_a_degree_clockwise_positive(angle: float) -> None:
    assert skew(turned(text(), angle)) == pytest.approx(angle, abs=0.1)


@pytest.mark.parametrize("angle", [-2.3, 0.8])
def test_faint_banded_stamped_and_noisy_pages_do_not_mislead(angle: float) -> None:
    faint = turned(text(ink=(165, 165, 170)), angle)
    assert skew(noisy(faint)) == pytest.approx(angle, abs=0.15)
    plain = turned(text(), angle)
    assert skew(banded(plain)) == pytest.approx(angle, abs=0.15)
    assert skew(stamped(plain)) == pytest.approx(angle, abs=0.15)


def test_three_lines_are_enough() -> None:
    assert skew(turned(text(lines=3), 1.5)) == pytest.approx(1.5, abs=0.15)


def test_a_page_without_lines_has_no_skew() -> None:
    drawing = blank()
    ImageDraw.Draw(drawing).ellipse((500, 800, 1200, 1500), outline=(0, 0, 0), width=40)
    assert measure(page(np.asarray(drawing)), 1).skew_degrees is None
    assert measure(page(noisy(blank())), 1).skew_degrees is None


def uneven(pixels: Picture) -> Picture:
    light = np.linspace(0.55, 1.0, pixels.shape[1])[None, :, None]
    return (pixels * light.astype(np.float32)).astype(np.uint8)


def black_bed(pixels: Picture) -> Picture:
    seen = np.full_like(pixels, 12)
    seen[60:-300, 90:-200] = pixels[60:-300, 90:-200]
    return seen


def punched(pixels: Picture) -> Picture:
    seen = pixels.copy()
    for middle in (900, 1500):
        cv2.circle(seen, (120, middle), 35, (40, 40, 40), -1)
    return seen


BLANK = np.asarray(blank())


@pytest.mark.parametrize(
    "pixels",
    [
        BLANK,
        noisy(BLANK, 14),
        noisy(np.asarray(blank((225, 205, 160)))),
        noisy(uneven(BLANK)),
        noisy(black_bed(BLANK)),
        noisy(punched(BLANK)),
        banded(BLANK),
    ],
    ids=["clean", "noise", "tinted", "uneven light", "scanner bed", "punch holes", "bands"],
)
def test_a_blank_page_has_next_to_no_ink(pixels: Picture) -> None:
    assert ink(pixels) < 0.0005


def test_a_small_coarse_and_noisy_blank_page_is_blank() -> None:
    assert ink(noisy(blank().resize((583, 827)), 34)) < 0.0005


def test_a_voucher_of_three_lines_is_far_from_blank() -> None:
    assert ink(noisy(text(lines=3))) > 0.004
    assert ink(noisy(text(lines=3, ink=(165, 165, 170)))) > 0.004


def test_a_stamp_alone_is_ink() -> None:
    assert ink(stamped(BLANK)) > 0.005


def test_ink_on_a_dark_scanner_bed_is_still_counted() -> None:
    assert ink(noisy(black_bed(np.asarray(text())))) > 0.01


def test_a_second_scan_has_a_near_hash() -> None:
    first, second, other = (
        int(measure(page(pixels), 1).perceptual_hash, 16)
        for pixels in (text(), noisy(turned(text(), 0.3)), stamped(np.asarray(text(lines=5))))
    )
    assert (first ^ second).bit_count() < 8 < (first ^ other).bit_count()


def test_what_the_file_says_is_passed_on() -> None:
    parameters = measure(page(BLANK), 4321)
    assert (parameters.width, parameters.height) == A5
    assert (parameters.byte_count, parameters.dpi) == (4321, (300.0, 300.0))
    assert len(parameters.perceptual_hash) == 16


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (3000, 2), (7, 7)])
def test_odd_shapes_are_measured_too(shape: tuple[int, int]) -> None:
    parameters = measure(page(np.zeros((*shape, 3), np.uint8)), 1)
    assert (parameters.height, parameters.width) == shape
    assert 0 <= parameters.ink_share <= 1


def test_a_page_of_noise_costs_no_more_than_a_voucher() -> None:
    rough = np.random.default_rng(5).integers(0, 255, (A5[1], A5[0], 3), dtype=np.uint8)
    measure(page(rough), 1)
    started = time.process_time()
    measure(page(rough), 1)
    assert time.process_time() - started < 1.0


@pytest.mark.parametrize("quarters", [1, 3])
@pytest.mark.parametrize("angle", [0.0, -2.5, 5.5])
def test_a_page_on_its_side_is_told_and_its_skew_is_that_of_its_lines(
    quarters: int, angle: float
) -> None:
    pixels = noisy(turned(text(ragged=True), angle))
    assert not measure(page(pixels), 1).sideways
    parameters = measure(page(np.rot90(pixels, quarters)), 1)
    assert parameters.sideways
    assert parameters.skew_degrees == pytest.approx(angle, abs=0.15)


NO_MARKS = Sides(0, 0, 0, 0)


def test_a_whole_page_has_no_characters_at_its_edges() -> None:
    for pixels in (noisy(text()), noisy(black_bed(np.asarray(text()))), punched(BLANK)):
        parameters = measure(page(pixels), 1)
        assert (parameters.cut_marks, parameters.close_marks) == (NO_MARKS, NO_MARKS)


@pytest.mark.requirement("CG-16.5d")
@pytest.mark.parametrize("edge", range(4))
def test_text_cut_off_is_counted_at_its_edge(edge: int) -> None:
    pixels = np.rot90(
        noisy(text())[:, 150 + 20 :], -edge
    )  # within the first column of 26 characters
    cut = measure(page(pixels), 1).cut_marks
    assert cut[edge] >= 15
    assert sum(cut) == cut[edge]


def test_text_close_to_an_edge_is_not_cut_off() -> None:
    near, far = (measure(page(noisy(text())[:, 150 - away :]), 1) for away in (12, 36))
    assert near.close_marks.left >= 20
    assert near.cut_marks == far.close_marks == NO_MARKS


def test_teeth_of_a_torn_edge_are_no_text() -> None:
    pixels = noisy(text())
    for left in range(40, A5[0] - 40, 40):
        tooth = np.array([(left, 0), (left + 28, 0), (left + 14, 11)])
        cv2.fillPoly(pixels, [tooth], (20, 20, 20))
    assert measure(page(pixels), 1).cut_marks == NO_MARKS


def detail(pixels: Image.Image | Picture) -> Detail:
    seen = measure(page(pixels), 1).detail
    assert seen is not None
    return seen


def saved(pixels: Pixels, quality: int = 85) -> Picture:
    """The page as a scanner writes it."""
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "JPEG", quality=quality)
    return np.asarray(Image.open(written))


def blurred(pixels: Image.Image | Picture, sigma: float) -> Picture:
    return np.asarray(cv2.GaussianBlur(np.asarray(pixels), (0, 0), sigma), np.uint8)


@pytest.mark.parametrize("sigma", [1.0, 2.0, 3.0, 4.0])
def test_blur_is_measured_in_pixels(sigma: float) -> None:
    wide = np.asarray(text().resize((A5[0] * 2, A5[1] * 2), Image.Resampling.NEAREST))
    seen = detail(saved(noisy(blurred(wide, sigma), 3)))
    assert seen.blur_pixels == pytest.approx(sigma, rel=0.25)


def test_contrast_is_that_of_the_strokes_against_the_paper() -> None:
    assert detail(text(ink=(40, 40, 45))).contrast == pytest.approx(0.83, abs=0.02)
    faint = detail(saved(noisy(text(ink=(175, 175, 180)), 3)))
    assert faint.contrast == pytest.approx(0.28, abs=0.06)
    assert faint.blown_share < 0.1


def test_exposure_is_that_of_the_paper() -> None:
    pixels = np.asarray(text())
    bright = detail(cv2.add(pixels, np.full_like(pixels, 120)))
    assert (bright.paper_level, bright.blown_share > 0.5) == (255, True)
    assert detail(pixels // 3).paper_level == 243 // 3


def test_a_page_without_ink_or_smaller_than_a_tile_has_no_detail() -> None:
    assert measure(page(BLANK), 1).detail is None
    assert measure(page(np.zeros((200, 900, 3), np.uint8)), 1).detail is None


def test_a_page_enlarged_twice_is_told_from_one_scanned_so() -> None:
    scanned = saved(noisy(blurred(text(), 1.0), 4))
    half = saved(noisy(blurred(cv2.resize(np.asarray(text()), None, fx=0.5, fy=0.5), 0.5), 4))
    true = detail(scanned).doubling
    assert true is not None
    assert true < 0.9
    for way in (cv2.INTER_LINEAR, cv2.INTER_CUBIC):
        seen = detail(saved(np.asarray(cv2.resize(half, A5, interpolation=way), np.uint8))).doubling
        assert seen is not None
        assert seen > 1.0
