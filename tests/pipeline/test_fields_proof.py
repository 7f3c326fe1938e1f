"""The amount in figures held against the amount in words (Q15)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pipeline.fields import WORDS_DIFFER, AmountInWords, prove_amount
from pipeline.model import Box, FieldName, FieldValue

F = FieldName


def amount(value: str = "861.36", confidence: float = 0.9) -> FieldValue:
    return FieldValue(F.AMOUNT, value, confidence, "rapidocr", Box(0, 0, 10, 10))


IN_WORDS = AmountInWords(Decimal("861.36"), 0.9, Box(0, 20, 10, 30))


def test_words_that_agree_prove_the_figures() -> None:
    proved, doubts = prove_amount(amount(), IN_WORDS, "rapidocr")
    assert proved is not None
    assert (proved.value, proved.source, doubts) == ("861.36", "rapidocr+words", ())
    assert proved.confidence == pytest.approx(0.99)


def test_words_that_differ_are_a_doubt_and_change_no_value() -> None:
    doubted, doubts = prove_amount(amount("867.36"), IN_WORDS, "rapidocr")
    assert doubted is not None
    assert (doubted.value, doubts) == ("867.36", (WORDS_DIFFER,))
    assert doubted.confidence < 0.5


def test_words_stand_in_for_figures_that_were_not_read() -> None:
    stood_in, doubts = prove_amount(None, IN_WORDS, "rapidocr")
    assert stood_in is not None
    assert (stood_in.value, stood_in.box, doubts) == ("861.36", IN_WORDS.box, ())
    assert stood_in.confidence < 0.8
    assert prove_amount(None, None, "rapidocr") == (None, ())
