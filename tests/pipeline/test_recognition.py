"""The figures of recognition: every voucher counted once, whatever it is told by."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipeline.recognition import By, Figures, Handled, causes, figures, grouped, trend
from pipeline.recognition_causes import Cause

DAY = date(2026, 11, 19)


def one(
    *, automatic: bool = True, branch: str = "3301", day: date = DAY, teller: str | None = "1"
) -> Handled:
    cause = None if automatic else Cause.UNSURE
    return Handled(
        day, branch, "station-1", None, teller, automatic, not automatic, int(not automatic), cause
    )


vouchers = st.lists(
    st.builds(
        one,
        automatic=st.booleans(),
        branch=st.sampled_from(["3301", "3302"]),
        day=st.sampled_from([DAY, DAY + timedelta(days=1)]),
        teller=st.sampled_from(["1", "2"]),
    ),
    max_size=30,
)


@given(vouchers)
def test_every_way_to_tell_it_tells_of_all(handled: list[Handled]) -> None:
    whole = figures(handled)
    for by in By:
        parts = [group.figures for group in grouped(handled, by)]
        assert sum(part.transactions for part in parts) == whole.transactions == len(handled)
        assert sum(part.automatic for part in parts) == whole.automatic
    assert sum(day.transactions for _, day in trend(handled)) == whole.transactions
    assert sum(count for _, count in causes(handled)) == whole.transactions - whole.automatic
    assert [cause for cause, _ in causes(handled)] == list(Cause)


def test_a_stray_page_is_a_discrepancy_but_no_voucher() -> None:
    handled = [one(), one(automatic=False, teller=None)]
    assert figures(handled) == Figures(transactions=1, automatic=1, keyed=0, discrepancies=1)
    assert figures(handled[1:]).share is None
    assert len(grouped(handled, By.TELLER)) == 1
    assert dict(causes(handled))[Cause.UNSURE] == 1


def test_the_lowest_share_comes_first() -> None:
    handled = [one(branch="3301"), one(branch="3302", automatic=False)]
    assert [group.key for group in grouped(handled, By.BRANCH)] == [("3302",), ("3301",)]
