"""The label of a volume: its code is read back, and all that is told fits on the paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pypdfium2
import pytest

from pipeline.barcode import find_codes
from pipeline.sheet_print import as_pdf
from pipeline.volume_label import VolumeLabel, draw_label

DAY = date(2026, 11, 19)
LABEL = VolumeLabel(
    institution="示例证券",
    name="PP-000001",
    manifest="5f2a" * 16,
    made=DAY,
    days=[DAY],
    branches=["3301"],
    objects=12,
    byte_count=4_200_000,
)
FULL = replace(
    LABEL,
    institution="一个名称很长的证券股份有限公司" * 4,
    days=[DAY + timedelta(days=n) for n in range(400)],
    branches=[f"33{n:02d}" for n in range(90)],
    carrier="O-" + "9" * 30,
    place="总部地下二层档案库房保险柜" * 9,
    encrypted=True,
)


@pytest.mark.parametrize("label", [LABEL, FULL, replace(LABEL, days=[], branches=[])])
def test_the_code_is_read_back_and_nothing_leaves_the_paper(label: VolumeLabel) -> None:
    pdf = pypdfium2.PdfDocument(as_pdf(draw_label(label)))
    assert len(pdf) == 1
    assert pdf[0].get_size() == pytest.approx((210 / 25.4 * 72, 148 / 25.4 * 72), abs=1)
    page = np.ascontiguousarray(pdf[0].render(scale=150 / 72).to_numpy()[:, :, :3])
    assert [code.text for code in find_codes(page)] == [f"PP-000001 {'5f2a' * 16}"]
    margin = np.ones(page.shape[:2], bool)
    margin[20:-20, 50:-50] = False
    assert page[margin].min() > 200
