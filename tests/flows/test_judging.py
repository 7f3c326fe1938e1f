"""Pages are judged once by what was read on them; what is found stands in the catalog and on the list."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flows.admit_page import Intake
from flows.judging import judge_read_pages
from flows.parts import Parts
from flows.take_in import take_in
from pipeline.decode import decode
from pipeline.errors import UserError
from pipeline.fields import WORDS_DIFFER
from pipeline.forms.model import FormModel, packed_ink, to_json
from pipeline.kinds import DecodeLimits
from pipeline.model import Batch, Box, FieldName, FieldValue, IdentityNumber, Reading, Severity
from pipeline.specimens.cases import Level
from pipeline.specimens.scanner import scan

DAY = date(2026, 11, 19)
PLACE = Box(0, 0, 1, 1)
UNSTAMPED = 6
"""Number of a voucher that bears no stamp; 1 and 2 bear one."""


def read(serial: str | None, **changes: Any) -> Reading:
    fields = {}
    if serial:
        value = FieldValue(FieldName.SERIAL_NO, serial, 0.99, "barcode", PLACE)
        fields[FieldName.SERIAL_NO] = value
    return replace(Reading((), fields, (), "hand", 0.0, 0.0), **changes)


def judged(intake: Intake, readings: Mapping[str, Reading]) -> dict[str, tuple[str, ...]]:
    """Keep the readings of pages by name, judge them; name -> checks found."""
    catalog = intake.parts.catalog
    for page in catalog.pages.of_day(DAY, "3301"):
        if page.name in readings:
            catalog.readings.keep(page.page_id, readings[page.name])
    pages = judge_read_pages(
        intake.parts, intake.stores.vault, intake.opener, DAY, "3301", "tester"
    )
    return {page.name: tuple(found.check for found in page.findings) for page in pages}


@pytest.fixture
def taken(intake: Intake, scans: Path, batch: Batch, progress: Any) -> Intake:
    take_in(intake, scans, batch, progress)
    return intake


def kept(parts: Parts, name: str) -> tuple[str, ...]:
    [page] = [page for page in parts.catalog.pages.of_day(DAY, "3301") if page.name == name]
    return tuple(found.check for found in page.read_findings)


def test_what_reading_brings_to_light_is_kept_and_not_found_again(taken: Intake) -> None:
    wrong = IdentityNumber("110105194912310021", True, PLACE)
    readings = {
        "0001.jpg": read("1", doubts=(WORDS_DIFFER,), amount_in_words="5.00"),
        "0002.jpg": read("2", identity=wrong),
    }
    found = judged(taken, readings)
    assert found == {"0001.jpg": ("Q15",), "0003 再次.jpg": ("Q15",), "0002.jpg": ("Q16",)}
    assert kept(taken.parts, "0001.jpg") == ("Q15",)
    assert judged(taken, readings) == {}
    assert kept(taken.parts, "0002.jpg") == ("Q16",)


@pytest.mark.requirement("DK-23")
def test_a_paper_scanned_again_is_found_though_nothing_could_be_read(
    taken: Intake, voucher: Callable[[int], bytes], scans: Path, batch: Batch, progress: Any
) -> None:
    again = decode(voucher(2), DecodeLimits()).pixels
    rescan = scan(again, Level.EASY, np.random.default_rng(3), skew_degrees=-1.1, dpi=200)
    (scans / "0006.jpg").write_bytes(rescan)
    take_in(taken, scans, batch, progress)
    found = judged(taken, {"0001.jpg": read("1"), "0002.jpg": read("2"), "0006.jpg": read(None)})
    assert found["0006.jpg"] == ("Q12",)
    assert found["0001.jpg"] == found["0002.jpg"] == ()


def test_two_vouchers_of_one_form_are_not_taken_for_one_paper(taken: Intake) -> None:
    found = judged(taken, {"0001.jpg": read(None), "0002.jpg": read(None)})
    assert found["0001.jpg"] == found["0002.jpg"] == ()


def keep_form(parts: Parts, document_type: str) -> None:
    ink = np.zeros((1188, 840), np.uint8)
    form = FormModel("slip", 1, 210, 297, (), (), (), packed_ink(ink), document_type)
    parts.workspace.forms.mkdir()
    (parts.workspace.forms / "slip.json").write_text(to_json(form), "utf-8")


def test_a_form_of_a_type_brings_the_type_s_rules(taken: Intake) -> None:
    keep_form(taken.parts, "ID_F")
    found = judged(taken, {"0001.jpg": read("1", form="slip"), "0002.jpg": read("2")})
    assert found["0001.jpg"] == ("Q02", "Q05")  # 200 dpi, A4
    assert found["0002.jpg"] == ()
    [page] = [p for p in taken.parts.catalog.pages.of_day(DAY, "3301") if p.name == "0001.jpg"]
    assert page.state == "admitted"
    assert {one.severity for one in page.read_findings} == {Severity.FLAG}


def test_a_stamp_that_the_type_wants_is_missed_and_one_that_stands_is_not(
    intake: Intake, scans: Path, voucher: Callable[[int], bytes], batch: Batch, progress: Any
) -> None:
    (scans / "0006.jpg").write_bytes(voucher(UNSTAMPED))
    take_in(replace(intake, document_type="PWD_APP"), scans, batch, progress)
    found = judged(intake, {"0001.jpg": read("1"), "0006.jpg": read("6")})
    assert (found["0001.jpg"], found["0006.jpg"]) == ((), ("Q17",))


def test_a_form_of_a_type_that_the_profile_lacks_is_told(parts: Parts) -> None:
    keep_form(parts, "NO_SUCH")
    with pytest.raises(UserError, match="no document type NO_SUCH"):
        parts.forms_by_name  # noqa: B018 - looked up as take-in does
