"""The mark lies over all of a picture and over each page of a PDF; what is beneath stays readable."""

import io
from datetime import UTC, datetime

import numpy as np
import pikepdf
import pypdfium2
from PIL import Image, ImageDraw

from pipeline.access.watermark import mark_of, marked_pdf, marked_picture

MARK = mark_of("李静", datetime(2026, 11, 27, 4, 5, 6, tzinfo=UTC), 12)


def page_picture() -> Image.Image:
    picture = Image.new("L", (827, 1169), 255)
    ImageDraw.Draw(picture).rectangle((100, 100, 400, 120), fill=0)
    return picture


def test_the_mark_names_person_moment_in_shanghai_and_request() -> None:
    assert MARK == "李静 2026-11-27 12:05:06 #12"
    assert (
        mark_of("李静", datetime(2026, 11, 27, 4, 5, 6, tzinfo=UTC)) == "李静 2026-11-27 12:05:06"
    )


def covered_everywhere(before: np.ndarray, after: np.ndarray, least: float) -> bool:
    """Whether each ninth of a picture differs from before in some of its pixels."""
    different = np.abs(before.astype(int) - after.astype(int)) > 15
    rows = np.array_split(different, 3)
    return all(part.mean() > least for row in rows for part in np.array_split(row, 3, axis=1))


def test_no_ninth_of_a_picture_is_without_it_and_print_stays_dark() -> None:
    picture = page_picture()
    marked = np.asarray(marked_picture(picture, MARK).convert("L"))
    assert covered_everywhere(np.asarray(picture), marked, 0.005)
    assert marked[110, 250] < 90
    assert (marked > 150)[130:].all()
    assert np.asarray(picture).min() == 0  # the picture itself is as it was


def test_two_people_leave_different_pictures() -> None:
    one, other = (
        np.asarray(marked_picture(page_picture(), mark))
        for mark in (MARK, MARK.replace("李", "王"))
    )
    assert (one != other).any()


def rendered(content: bytes, page: int) -> np.ndarray:
    with pypdfium2.PdfDocument(content) as pdf:
        return np.asarray(pdf[page].render(scale=1).to_pil().convert("L"))


def test_each_page_of_a_pdf_is_marked_wherever_its_content_left_the_pen() -> None:
    with pikepdf.new() as pdf:
        for box in ((0, 0, 595, 842), (100, 50, 942, 645)):
            page = pdf.add_blank_page(page_size=(box[2] - box[0], box[3] - box[1]))
            page.mediabox = pikepdf.Array(box)
            page.contents_add(b"0.1 0 0 0.1 5000 5000 cm 1 0 0 rg")  # unbalanced, as many are
        written = io.BytesIO()
        pdf.save(written)
    plain = written.getvalue()
    marked = marked_pdf(plain, MARK)
    for number in (0, 1):
        assert covered_everywhere(rendered(plain, number), rendered(marked, number), 0.003)
