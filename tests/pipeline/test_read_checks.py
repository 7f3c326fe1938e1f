"""What reading brings to light: words against figures (Q15), the identity number's check (Q16)."""

from dataclasses import replace
from datetime import date

import pytest

from pipeline.code_and_print import TWO_SERIALS
from pipeline.doubts import TWO_PAGES
from pipeline.fields import WORDS_DIFFER
from pipeline.identity_number import check_character, is_credit_code
from pipeline.model import (
    Box,
    FieldName,
    FieldValue,
    Finding,
    IdentityNumber,
    PageCode,
    Reading,
    Severity,
)
from pipeline.read_checks import check_reading
from pipeline.sheets import Separator

DAY = date(2026, 11, 19)
PLACE = Box(0, 0, 1, 1)
AMOUNT = FieldValue(FieldName.AMOUNT, "54930.33", 0.5, "rapidocr", PLACE)
SOUND = Reading((), {FieldName.AMOUNT: AMOUNT}, (), "hand", 0.0, 0.0)
BODY = "11010519491231002"
RIGHT = BODY + check_character(BODY)
WRONG = BODY + "1"


GRAMMAR = r"(?P<date>\d{8})(?P<branch>\d{4})\d{6}"


def checked(reading: Reading, day: date, grammar: str = GRAMMAR) -> tuple[Finding, ...]:
    return check_reading(reading, day, "3301", grammar)


def with_serial(text: str, confidence: float = 0.995) -> Reading:
    serial = FieldValue(FieldName.SERIAL_NO, text, confidence, "barcode", PLACE)
    return replace(SOUND, fields={**SOUND.fields, FieldName.SERIAL_NO: serial})


def with_identity(text: str, *, confirmed: bool) -> Reading:
    return replace(SOUND, identity=IdentityNumber(text, confirmed, PLACE))


def test_a_page_that_agrees_with_itself_has_no_findings() -> None:
    assert checked(SOUND, DAY) == ()
    assert checked(with_identity(RIGHT, confirmed=False), DAY) == ()


@pytest.mark.parametrize("doubt", [TWO_SERIALS, TWO_PAGES])
def test_q11_tells_two_papers_in_one_image(doubt: str) -> None:
    [found] = checked(replace(SOUND, doubts=(doubt,)), DAY)
    assert (found.check, found.measured, found.limit) == ("Q11", "2", "1")
    assert "were drawn in together; part them and scan each" in str(found.message)


@pytest.mark.parametrize(("text", "told"), [(Separator().text, ["Q11"]), ("PPROOFS1XX", [])])
def test_q11_tells_a_sheet_drawn_in_with_a_voucher(text: str, told: list[str]) -> None:
    codes = (PageCode("202611193301000001", "QR Code", PLACE), PageCode(text, "QR Code", PLACE))
    found = checked(replace(SOUND, codes=codes), DAY)
    assert [one.check for one in found] == told


def test_q15_tells_both_amounts() -> None:
    reading = replace(SOUND, doubts=(WORDS_DIFFER,), amount_in_words="54030.33")
    [found] = checked(reading, DAY)
    assert (found.check, found.severity) == ("Q15", Severity.FLAG)
    assert (found.measured, found.limit) == ("54930.33", "54030.33")
    assert "54930.33, is not the amount in words, 54030.33" in str(found.message)
    assert "大写金额 54030.33" in found.message.in_language("zh")


def test_q15_is_told_of_pages_read_before_the_words_were_kept() -> None:
    [found] = checked(replace(SOUND, doubts=(WORDS_DIFFER,)), DAY)
    assert found.check == "Q15"


@pytest.mark.parametrize(("confirmed", "flagged"), [(True, True), (False, False)])
def test_q16_flags_a_wrong_number_only_when_two_readings_give_it(
    confirmed: bool, flagged: bool
) -> None:
    found = checked(with_identity(WRONG, confirmed=confirmed), DAY)
    assert [one.check for one in found] == (["Q16"] if flagged else [])


def test_q16_tells_the_last_four_signs_only() -> None:
    [found] = checked(with_identity(WRONG, confirmed=True), DAY)
    told = (found.measured, found.limit, str(found.message), found.message.in_language("zh"))
    assert not any(WRONG[:14] in text for text in told)
    assert WRONG[-4:] in found.measured


def test_q16_leaves_other_documents_numbers_alone() -> None:
    assert checked(with_identity("82263222648597692X", confirmed=True), DAY) == ()


def test_q16_leaves_credit_codes_alone() -> None:
    codes = (f"{number}" for number in range(110000000000000000, 110000000000001000))
    code = next(
        one for one in codes if is_credit_code(one) and check_character(one[:17]) != one[17]
    )
    assert checked(with_identity(code, confirmed=True), DAY) == ()


@pytest.mark.parametrize("serial", ["202611183301602652", "202611193302602652"])
def test_q14_a_serial_number_of_another_day_or_branch_is_told(serial: str) -> None:
    [found] = checked(with_serial(serial), DAY)
    assert (found.check, found.severity) == ("Q14", Severity.FLAG)
    assert found.limit == "3301 2026-11-19"
    assert serial in str(found.message)


def test_q14_says_nothing_of_own_unsure_or_undated_serial_numbers() -> None:
    assert checked(with_serial("202611193301602652"), DAY) == ()
    assert checked(with_serial("202611183301602652", 0.7), DAY) == ()
    assert checked(with_serial("202611183301602652"), DAY, r"\d{18}") == ()
