"""Every form and label that is written as PDF is PDF/A-2u, as far as our own list of its clauses tells."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime

import pikepdf
import pypdfium2
import pytest
from pikepdf import Array, Dictionary, Name, Pdf

from catalog.reports.form import Form, FormColumn
from catalog.reports.form_pdf import form_pdf
from catalog.reports.shelf_label import ShelfLabel, labels_pdf
from pipeline.clocks import ZONE
from pipeline.language import say
from tests.pdfa import require_pdfa_2u

AT = datetime(2026, 11, 20, 9, 30, tzinfo=ZONE)
FORM = Form(
    lang="zh",
    institution="某某证券股份有限公司",
    title="四性检测报告",
    code="SX-9EA734B5098A",
    facts=[("营业部", "3301 绵竹"), ("说明", "很长的一句话，" * 12)],
    columns=(FormColumn("no", say("No."), 24, number=True), FormColumn("what", say("What"), 160)),
    rows=[(str(no), f"第 {no} 行 ¥1,234.56 ✗ 𠮷 é") for no in range(1, 70)],
    sums="合计 69",
    signatures=["档案管理员（签名、日期）"] * 5,
    blank_rows=3,
)


@pytest.fixture(scope="module")
def written() -> bytes:
    return form_pdf(FORM, AT)


def test_a_form_of_several_pages_is_pdfa(written: bytes) -> None:
    require_pdfa_2u(written)
    assert len(pikepdf.open(io.BytesIO(written)).pages) > 1


@pytest.mark.parametrize("form", [replace(FORM, lang="en", rows=[], title="Empty"), FORM])
def test_whatever_stands_on_it(form: Form) -> None:
    require_pdfa_2u(form_pdf(form, AT))


def test_labels_are_pdfa() -> None:
    label = ShelfLabel("某某证券", "资料袋", "D3301-000001", ["客户 9409350117", "绵竹"])
    require_pdfa_2u(labels_pdf([label] * 15, AT))


def test_a_sign_that_the_typeface_lacks_is_marked(written: bytes) -> None:
    text = pypdfium2.PdfDocument(written)[0].get_textpage().get_text_range()
    assert "1,234.56 〓 〓 é" in text


def _script(pdf: Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS="app.alert(1)")


def _no_intent(pdf: Pdf) -> None:
    pdf.Root.OutputIntents = Array()


def _no_font(pdf: Pdf) -> None:
    del _font(pdf).DescendantFonts[0].FontDescriptor.FontFile2


def _other_widths(pdf: Pdf) -> None:
    descendant = _font(pdf).DescendantFonts[0]
    descendant.W, descendant.DW = Array(), 1


def _no_unicode(pdf: Pdf) -> None:
    del _font(pdf).ToUnicode


def _not_pdfa(pdf: Pdf) -> None:
    with pdf.open_metadata() as told:
        del told["pdfaid:part"]


def _font(pdf: Pdf) -> pikepdf.Object:
    return next(iter(pdf.pages[0].obj.Resources.Font.values()))


def test_the_list_sees_what_it_says_it_sees(written: bytes) -> None:
    """Each spoiling breaks one clause of a good file; the list names every one."""
    for spoil in (_script, _no_intent, _no_font, _other_widths, _no_unicode, _not_pdfa):
        out = io.BytesIO()
        with pikepdf.open(io.BytesIO(written)) as pdf:
            spoil(pdf)
            pdf.save(out)
        with pytest.raises((AssertionError, KeyError, AttributeError, ValueError)):
            require_pdfa_2u(out.getvalue())
    locked = io.BytesIO()
    with pikepdf.open(io.BytesIO(written)) as pdf:
        pdf.save(locked, encryption=pikepdf.Encryption(owner="o", user=""))
    with pytest.raises(AssertionError):
        require_pdfa_2u(locked.getvalue())
