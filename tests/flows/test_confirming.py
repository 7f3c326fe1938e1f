"""Each teller confirms the day's own rows; another's are refused once it is registered whose they are."""

import pytest

from flows.parts import Parts
from pipeline.errors import UserError

from .captured_day import book, ran
from .conftest import DAY, booked

FIRST, SECOND = booked(1), booked(2, teller_no="10010")
AT = ("--branch", "3301", "--day", str(DAY))


@pytest.fixture
def day(parts: Parts) -> Parts:
    book(parts, FIRST, SECOND)
    return parts


@pytest.mark.requirement("CG-16.3c")
def test_rows_whose_number_nobody_has_are_confirmed_at_a_persons_word(day: Parts) -> None:
    code, told = ran(day, "task", "confirm", FIRST.serial_no, *AT, "--as", "王芳")
    assert code == 0
    assert "1 rows are confirmed" in told
    assert "Teller number 10009 of branch 3301 is registered to nobody" in told


@pytest.mark.requirement("CG-16.3c")
def test_a_registered_teller_confirms_own_rows_and_no_others(day: Parts) -> None:
    add = ("staff", "add", "王芳", "--role", "teller", "--branch", "3301", "--teller", "10009")
    assert "Teller (handler) 10009, branch 3301" in ran(day, *add)[1]
    confirm = ("task", "confirm", *AT)
    assert "registered to nobody" not in ran(day, *confirm, FIRST.serial_no, "--as", "王芳")[1]
    with pytest.raises(UserError, match="of teller 10010, registered to nobody, not of 王芳"):
        ran(day, *confirm, FIRST.serial_no, SECOND.serial_no, "--as", "王芳")
    with pytest.raises(UserError, match="of teller 10009, 王芳, not of 何敏"):
        ran(day, *confirm, FIRST.serial_no, "--undo", "--as", "何敏")
    assert "at their word" in ran(day, *confirm, SECOND.serial_no, "--as", "何敏")[1]
    assert "Teller (handler) 10009" in ran(day, "staff", "list")[1]
    ran(day, "staff", "end", "王芳", "--role", "teller", "--teller", "10009")
    assert "at their word" in ran(day, *confirm, FIRST.serial_no, "--undo", "--as", "何敏")[1]


@pytest.mark.requirement("CG-02")
def test_the_day_of_an_unknown_teller_or_branch_is_no_all_clear(day: Parts) -> None:
    with pytest.raises(UserError, match="Teller 7 has no transaction"):
        ran(day, "task", "day", *AT, "--teller", "7")
    with pytest.raises(UserError, match="Branch 9999 is unknown"):
        ran(day, "task", "day", "--branch", "9999", "--day", str(DAY))
    code, told = ran(day, "task", "day", *AT, "--teller", "10009")
    assert (code, "Rows: 1" in told) == (3, True)


def test_a_number_that_cannot_be_one_is_told(day: Parts) -> None:
    with pytest.raises(UserError, match="cannot be a teller number"):
        ran(day, "staff", "add", "王芳", "--role", "teller", "--teller", "1" * 33)
