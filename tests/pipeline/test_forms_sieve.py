"""Many forms: the sieve keeps the right one among the few that are compared closely."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.forms.align import Aligner
from pipeline.forms.model import FormModel
from pipeline.forms.sieve import Sieve

from .drawn_forms import WORDS, form, form_ink, page


def other_forms(count: int) -> list[FormModel]:
    """Forms with the same frame and rows, their words elsewhere."""
    rng = np.random.default_rng(3)
    words = ("RECEIPT", "TILL 4", "STAMPED", "BRANCH", "PAGE 2")
    return [
        form(
            f"other-{n}",
            [(int(rng.integers(5, 95)), int(rng.integers(8, 76)), word) for word in words],
        )
        for n in range(count)
    ]


@pytest.mark.parametrize("turn", [-3.0, 0.0, 3.0])
def test_the_right_form_is_found_among_many(turn: float) -> None:
    fit = Aligner([*other_forms(24), form()]).align(page(turn, (2, -2))[0])
    assert fit is not None and fit.form.name == "test"


def test_the_likeliest_come_first_and_only_those_asked_for() -> None:
    inks = [*(one.ink for one in other_forms(9)), form_ink(WORDS)]
    sieve = Sieve(inks)
    page_ink = np.roll(form_ink(WORDS), 12, axis=1)
    assert sieve.likeliest(page_ink, range(10), 3)[0] == 9
    assert len(sieve.likeliest(page_ink, range(10), 3)) == 3
    assert set(sieve.likeliest(page_ink, [1, 4], 5)) == {1, 4}
