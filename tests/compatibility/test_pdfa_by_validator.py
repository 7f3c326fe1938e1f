"""Our PDFs before the field's validator: forms, labels and searchable pages; a spoilt one is named."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf
from PIL import Image

from catalog.reports.form_pdf import form_pdf
from catalog.reports.shelf_label import ShelfLabel, labels_pdf
from pipeline.kinds import DecodeLimits
from pipeline.model import Box, TextLine
from pipeline.searchable.pdfa import searchable_page
from pipeline.searchable.picture import page_picture
from tests.catalog.reports.test_pdfa import AT, FORM
from tests.compatibility.preflight import faults

pytestmark = pytest.mark.slow
LINES = (
    TextLine("证券业务受理凭证", 0.99, Box(30, 20, 190, 40)),
    TextLine("金额小写 ¥581,956,000.41", 0.98, Box(20, 100, 200, 116)),
)


def page(mode: str = "RGB", form: str = "JPEG") -> bytes:
    written = io.BytesIO()
    Image.new(mode, (220, 300), "white").save(written, form, dpi=(144, 144))
    return searchable_page(
        page_picture(written.getvalue(), DecodeLimits()), LINES, master="ab" * 32
    )


@pytest.mark.parametrize(
    ("mode", "form"), [("RGB", "JPEG"), ("L", "JPEG"), ("RGB", "TIFF"), ("1", "TIFF"), ("P", "PNG")]
)
def test_searchable_pages_pass(mode: str, form: str, tmp_path: Path) -> None:
    assert faults(page(mode, form), tmp_path) == []


def test_forms_and_labels_pass(tmp_path: Path) -> None:
    label = ShelfLabel("某某证券", "资料袋", "D3301-000001", ["客户 9409350117", "绵竹"])
    assert faults(form_pdf(FORM, AT), tmp_path) == []
    assert faults(labels_pdf([label] * 15, AT), tmp_path) == []


def _script(pdf: Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS="app.alert(1)")


def _no_intent(pdf: Pdf) -> None:
    pdf.Root.OutputIntents = Array()


def _no_font(pdf: Pdf) -> None:
    font = next(iter(pdf.pages[0].obj.Resources.Font.values()))
    del font.DescendantFonts[0].FontDescriptor.FontFile2


def _nameless(pdf: Pdf) -> None:
    with pdf.open_metadata() as told:
        del told["pdfaid:part"]


@pytest.mark.parametrize(
    ("spoil", "clause"),
    [(_script, "6."), (_no_intent, "2.4.3"), (_no_font, "3.1"), (_nameless, "7.")],
)
def test_what_is_spoilt_is_named(spoil: Callable[[Pdf], None], clause: str, tmp_path: Path) -> None:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(form_pdf(FORM, AT))) as pdf:
        spoil(pdf)
        pdf.save(out)
    told = faults(out.getvalue(), tmp_path)
    assert any(line.startswith(clause) for line in told), told
