"""What a reader takes for what: likely slips are far likelier than others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.confusions import CONFUSABLE, likelihood, likely_originals


@pytest.mark.parametrize(
    ("stands", "likely", "unlikely"),
    [
        ("54930.33", "54030.33", "54230.33"),
        ("202611193301001706", "2026111933O1001706", "2026111933X1001706"),
        ("8100", "3100", "4100"),
        ("1177", "1777", "1577"),
        ("A5", "AS", "AW"),
    ],
)
def test_signs_that_look_alike_are_confused_more_often(
    stands: str, likely: str, unlikely: str
) -> None:
    assert likelihood(likely, stands) > 10 * likelihood(unlikely, stands)


def test_each_further_slip_is_rarer_and_nothing_is_impossible() -> None:
    assert likelihood("100", "100") == 1
    assert 1 > likelihood("1O0", "100") > likelihood("1OO", "100") > likelihood("", "100") > 0


def test_what_looks_like_a_sign_is_looked_like_by_it() -> None:
    assert all(sign in CONFUSABLE[other] for sign, others in CONFUSABLE.items() for other in others)
    assert not any(sign in others for sign, others in CONFUSABLE.items())


@given(st.text("0123456789", min_size=2, max_size=8), st.data())
def test_the_original_of_a_likely_slip_is_among_the_likely_originals(
    stands: str, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(stands) - 1))
    sign = data.draw(st.sampled_from(CONFUSABLE[stands[place]]))
    read = stands[:place] + sign + stands[place + 1 :]
    assert stands in likely_originals(read)
    assert read not in likely_originals(read)
