from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from pipeline.identity_number import (
    birth_date,
    check_character,
    is_credit_code,
    is_identity_number,
    is_mistaken,
    may_be_mistaken,
    number_in,
)

TODAY = date(2026, 11, 19)
EXAMPLE = "11010519491231002X"  # of GB 11643


@some.composite
def numbers(draw: some.DrawFn) -> str:
    region = draw(some.integers(100_000, 999_999))
    born = draw(some.dates(date(1900, 1, 1), TODAY))
    body = f"{region}{born:%Y%m%d}{draw(some.integers(0, 999)):03d}"
    return body + check_character(body)


def test_the_example_of_the_standard() -> None:
    assert is_identity_number(EXAMPLE, TODAY)
    assert birth_date(EXAMPLE) == date(1949, 12, 31)


@given(numbers())
def test_a_number_with_its_check_character_is_one(number: str) -> None:
    assert is_identity_number(number, TODAY)


@given(numbers(), some.integers(0, 17), some.sampled_from("0123456789X"))
def test_any_one_character_wrong_is_found(number: str, place: int, wrong: str) -> None:
    assume(number[place] != wrong)
    assert not is_identity_number(number[:place] + wrong + number[place + 1 :], TODAY)


@given(numbers(), some.integers(0, 16))
def test_any_two_neighbours_swapped_are_found(number: str, place: int) -> None:
    first, second = number[place], number[place + 1]
    assume(first != second)
    assert not is_identity_number(number[:place] + second + first + number[place + 2 :], TODAY)


@given(some.text(max_size=20))
def test_anything_may_be_asked(text: str) -> None:
    assert not is_identity_number(text, TODAY) or len(text) == 18


@pytest.mark.parametrize(
    "body", ["11010519490230002", "11010520261120002", "01010519491231002"]
)  # no such day, not yet born, no such region
def test_a_right_check_character_is_not_enough(body: str) -> None:
    assert not is_identity_number(body + check_character(body), TODAY)


@pytest.mark.parametrize("text", ["", "110105491231002", EXAMPLE.lower(), EXAMPLE + "0", "１" * 18])
def test_other_forms_are_none(text: str) -> None:
    assert not is_identity_number(text, TODAY)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("证件号码: 11010519491231002X", "11010519491231002X"),
        ("110105 19491231 002x", "11010519491231002X"),
        ("1101051949123100", None),
        ("2110105194912310021", None),
        ("911101087693708386", None),  # begins as no region does: a credit code
        ("无", None),
    ],
)
def test_a_number_is_found_in_printed_text(text: str, number: str | None) -> None:
    assert number_in(text) == number


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91110000100000000K"])
def test_known_credit_codes_hold(code: str) -> None:
    assert is_credit_code(code) == (code == "91350100M000100Y43")


@given(numbers(), some.integers(0, 17), some.integers(1, 10))
def test_any_one_sign_wrong_is_a_mistake(number: str, place: int, by: int) -> None:
    signs = "0123456789X" if place == 17 else "0123456789"
    other = signs[(signs.index(number[place]) + by) % len(signs)]
    assume(other != number[place])
    wrong = number[:place] + other + number[place + 1 :]
    assume(wrong[0] != "0" and not is_credit_code(wrong))
    assert is_mistaken(wrong, TODAY)
    assert not is_mistaken(number, TODAY)


@pytest.mark.parametrize("number", ["82263222648597692X", "46727051728724908X"])
def test_a_number_without_a_birth_date_is_another_document_s(number: str) -> None:
    assert not is_mistaken(number, TODAY)


def test_only_a_number_that_can_be_judged_is_worth_a_second_reading() -> None:
    assert may_be_mistaken("110105194912310021"), "a wrong check character"
    assert not may_be_mistaken("11010519491231002X"), "right"
    assert not may_be_mistaken("46727051728724908X"), "no possible birth date: another document"
