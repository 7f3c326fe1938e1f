"""A keyed value is held against the field's grammar at once, and nothing is put right for the person."""

import pytest

from pipeline.errors import UserError
from pipeline.keying.entry import checked_value
from pipeline.model import FieldName


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        (FieldName.AMOUNT, "54,930.33", "54930.33"),
        (FieldName.AMOUNT, "￥54930", "54930.00"),
        (FieldName.BUSINESS_DATE, "2026年11月19日", "2026-11-19"),
        (FieldName.BUSINESS_DATE, "20261119", "2026-11-19"),
        (FieldName.SERIAL_NO, " 202611193301000001 ", "202611193301000001"),
        (FieldName.CUSTOMER_NO, "9409350117", "9409350117"),
        (FieldName.CUSTOMER_NAME, "余 玲", "余玲"),
    ],
)
def test_what_is_keyed_is_kept_in_its_plain_form(field: FieldName, typed: str, kept: str) -> None:
    assert checked_value(field, typed) == kept


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        (FieldName.AMOUNT, "54O30.33"),
        (FieldName.AMOUNT, "54.030,33"),
        (FieldName.AMOUNT, "many"),
        (FieldName.BUSINESS_DATE, "2026-13-01"),
        (FieldName.BUSINESS_DATE, "2026-1.1-19"),
        (FieldName.SERIAL_NO, "2026"),
        (FieldName.SERIAL_NO, "20261119330100000l"),
        (FieldName.CUSTOMER_NAME, "余"),
        (FieldName.CUSTOMER_NO, ""),
    ],
)
def test_what_cannot_be_the_field_is_refused_in_one_sentence(field: FieldName, typed: str) -> None:
    with pytest.raises(UserError, match=r"^“.*” was not kept: key a.*\.$"):
        checked_value(field, typed)


def test_a_serial_number_is_held_against_the_institutions_own_grammar() -> None:
    with pytest.raises(UserError):
        checked_value(FieldName.SERIAL_NO, "202611193301000001", r"[A-Z]\d{9}")
