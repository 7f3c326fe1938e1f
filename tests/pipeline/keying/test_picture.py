"""The picture a person keys from shows the field's place, enlarged, with paper round it."""

import numpy as np
import pytest

from pipeline.keying.picture import LONGEST_SIDE, TEXT_HEIGHT, Place, place_of, zone_picture
from pipeline.model import Box, FieldName, FieldValue, PageCode, Pixels, Reading, TextLine

PLACE = Box(400, 300, 640, 330)


def page() -> Pixels:
    """A white page, black in its place."""
    pixels = np.full((2339, 1654, 3), 255, np.uint8)
    pixels[PLACE.top : PLACE.bottom, PLACE.left : PLACE.right] = 0
    return pixels


def reading(
    *lines: TextLine, fields: tuple[FieldValue, ...] = (), code: Box | None = None
) -> Reading:
    codes = (PageCode("1", "QR", code),) if code else ()
    return Reading(codes, {one.name: one for one in fields}, lines, "hand", 0.0, 0.0)


def serial(box: Box) -> FieldValue:
    return FieldValue(FieldName.SERIAL_NO, "1", 0.6, "rapidocr", box)


def test_a_place_is_cut_out_with_its_margin_and_enlarged() -> None:
    picture = zone_picture(page(), Place(PLACE))
    scale = TEXT_HEIGHT / 30
    assert picture.shape[:2] == (round(150 * scale), round(450 * scale))
    dark = (picture.max(axis=2) < 60).mean()
    assert dark == pytest.approx(240 * 30 / (450 * 150), abs=0.02)
    assert (picture[0] == 255).all()  # paper at the edge, the frame inside


def test_a_place_of_several_lines_is_enlarged_by_one_of_them() -> None:
    picture = zone_picture(page(), Place(PLACE._replace(bottom=390), lines=3))
    dark_rows, _ = np.nonzero(picture.max(axis=2) < 60)
    assert np.ptp(dark_rows) == pytest.approx(TEXT_HEIGHT, abs=2)


def test_the_frame_leaves_the_place_itself_untouched() -> None:
    picture = zone_picture(page(), Place(PLACE))
    framed = (picture == (0, 110, 200)).all(axis=2)
    rows, columns = np.nonzero(framed)
    dark_rows, dark_columns = np.nonzero(picture.max(axis=2) < 60)
    assert rows.min() < dark_rows.min()
    assert rows.max() > dark_rows.max()
    assert columns.min() < dark_columns.min()
    assert columns.max() > dark_columns.max()


@pytest.mark.parametrize("box", [None, Box(5000, 5000, 5100, 5010)])
def test_the_whole_page_is_shown_where_the_place_is_unknown(box: Box | None) -> None:
    assert zone_picture(page(), Place(box)).shape[:2] == (LONGEST_SIDE, round(1654 * 1600 / 2339))


def test_a_place_at_the_edge_is_cut_off_there() -> None:
    picture = zone_picture(page(), Place(Box(1500, 2300, 1900, 2400)))
    assert max(picture.shape) <= LONGEST_SIDE


def test_a_small_page_is_not_enlarged_whole() -> None:
    assert zone_picture(page()[:500, :600], Place(None)).shape == (500, 600, 3)


def test_a_value_stands_where_it_was_read() -> None:
    assert place_of(reading(fields=(serial(PLACE),)), FieldName.SERIAL_NO) == Place(PLACE)


def test_nobody_keys_from_a_barcode() -> None:
    label = TextLine("流水号:", 0.9, Box(100, 300, 200, 330))
    read = reading(label, fields=(serial(PLACE),), code=PLACE)
    assert place_of(read, FieldName.SERIAL_NO) == Place(Box(100, 300, 620, 390), lines=3)
    assert place_of(reading(fields=(serial(PLACE),), code=PLACE), FieldName.SERIAL_NO) == Place(
        None
    )


def test_a_value_not_found_is_looked_for_about_its_label() -> None:
    label = TextLine("金额(小写):", 0.9, Box(100, 300, 200, 330))
    assert place_of(reading(label), FieldName.AMOUNT) == Place(Box(100, 300, 620, 390), lines=3)
    assert place_of(reading(label, label), FieldName.AMOUNT) == Place(None)
    assert place_of(reading(label), FieldName.CUSTOMER_NAME) == Place(None)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_page_is_shown_upright(quarters: int) -> None:
    turned = np.ascontiguousarray(np.rot90(page(), -quarters))
    rows, columns = np.nonzero(turned.max(axis=2) == 0)
    box = Box(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)
    picture = zone_picture(turned, Place(box, 90.0 * quarters))
    dark_rows, dark_columns = np.nonzero(picture.max(axis=2) < 60)
    assert np.ptp(dark_columns) == pytest.approx(8 * np.ptp(dark_rows), rel=0.1)
    whole = zone_picture(turned, Place(None, 90.0 * quarters))
    assert np.abs(whole.astype(int) - zone_picture(page(), Place(None))).mean() < 1


def test_a_label_on_a_turned_page_has_its_value_behind_it() -> None:
    label = TextLine("金额:", 0.9, Box(300, 100, 330, 200), angle=90.0)  # text runs down the page
    place = place_of(reading(label), FieldName.AMOUNT)
    assert place == Place(Box(240, 100, 330, 620), 90.0, lines=3)
