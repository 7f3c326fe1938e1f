from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.amounts import LARGEST_AMOUNT, amount_from_words, amount_in_words

AMOUNTS = st.decimals(min_value=Decimal("0.01"), max_value=LARGEST_AMOUNT, places=2)
EVERYDAY = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟元整", "一二三四五六七八九十百千圆正")

WRITTEN = [
    ("0.00", "零元整"),
    ("0.05", "伍分"),
    ("0.50", "伍角整"),
    ("861.36", "捌佰陆拾壹元叁角陆分"),
    ("325.04", "叁佰贰拾伍元零肆分"),
    ("1409.50", "壹仟肆佰零玖元伍角整"),
    ("6007.14", "陆仟零柒元壹角肆分"),
    ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
    ("107000.53", "壹拾万柒仟元伍角叁分"),
    ("200000.00", "贰拾万元整"),
    ("1680032.14", "壹佰陆拾捌万零叁拾贰元壹角肆分"),
    ("100000001.00", "壹亿零壹元整"),
    ("100010000.00", "壹亿零壹万元整"),
    ("50000000000.10", "伍佰亿元壹角整"),
]


@pytest.mark.parametrize(("figures", "words"), WRITTEN)
def test_words_are_those_of_the_trade(figures: str, words: str) -> None:
    assert amount_in_words(Decimal(figures)) == words


@given(AMOUNTS)
def test_words_lead_back_to_the_amount(amount: Decimal) -> None:
    assert amount_from_words(amount_in_words(amount)) == amount


@given(AMOUNTS)
def test_other_characters_and_dropped_zeros_mean_the_same(amount: Decimal) -> None:
    words = amount_in_words(amount)
    assert amount_from_words(words.translate(EVERYDAY)) == amount
    assert amount_from_words(words.replace("零", "")) == amount
    assert amount_from_words(f"人民币（大写）： {words.removesuffix('整')}") == amount


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("两万元整", "20000.00"),
        ("拾万圆正", "100000.00"),
        ("人民币伍拾万整", "500000.00"),
        ("壹佰元零角零分", "100.00"),
        ("壹佰 元\n零伍分", "100.05"),
    ],
)
def test_what_people_write_is_read(text: str, figures: str) -> None:
    assert amount_from_words(text) == Decimal(figures)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "元",
        "整",
        "元整",
        "壹贰元",
        "壹元贰",
        "壹佰拾元",
        "壹拾壹佰元",
        "壹亿零万元",
        "壹分贰角",
        "abc",
        "54930.33",
    ],
)
def test_what_is_not_one_amount_is_not_guessed(text: str) -> None:
    assert amount_from_words(text) is None


@given(st.text(alphabet="零壹贰叁拾佰仟万亿元角分整 ", max_size=14))
def test_any_text_is_an_amount_or_nothing(text: str) -> None:
    amount = amount_from_words(text)
    assert amount is None or 0 <= amount <= LARGEST_AMOUNT


@given(AMOUNTS)
def test_a_reversals_amount_is_below_zero(amount: Decimal) -> None:
    assert amount_in_words(-amount) == "负" + amount_in_words(amount)
    assert amount_from_words(amount_in_words(-amount)) == -amount


@pytest.mark.parametrize("amount", ["-1000000000000", "1000000000000", "0.001", "-0.001"])
def test_an_amount_without_form_in_words_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="no form in words"):
        amount_in_words(Decimal(amount))
