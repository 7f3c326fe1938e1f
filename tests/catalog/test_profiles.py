"""Published profiles: kept for good, in force by their first day, the same twice is one."""

from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import log
from catalog.catalog import Catalog

DAY = date(2026, 11, 19)


def test_the_profile_that_began_last_is_in_force(catalog: Catalog) -> None:
    profiles = catalog.profiles
    assert profiles.in_force(DAY) is None
    first = profiles.publish("a", DAY, "boss")
    later = profiles.publish("b", DAY + timedelta(days=30), "boss")
    mended = profiles.publish("c", DAY, "boss")  # the last published for its day
    assert [one.number for one in (first, later, mended)] == [1, 2, 3]
    assert profiles.in_force(DAY - timedelta(days=1)) is None
    assert profiles.in_force(DAY) == mended
    assert profiles.in_force(DAY + timedelta(days=40)) == later
    assert profiles.all() == (first, later, mended)


def test_the_same_twice_is_published_once_and_logged_once(catalog: Catalog) -> None:
    assert catalog.profiles.publish("a", DAY, "boss") == catalog.profiles.publish("a", DAY, "li")
    with catalog._engine.connect() as connection:
        [entry] = log.entries(connection)
    assert (entry.body["act"], entry.body["who"]) == ("profile.publish", "boss")
    assert entry.body["since"] == "2026-11-19"


@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abc")), max_size=6), st.integers(0, 6)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
def test_what_is_in_force_is_the_last_of_the_latest_day_that_has_begun(
    catalog: Catalog, published: list[tuple[int, str]], on: int
) -> None:
    base = DAY + timedelta(days=len(catalog.profiles.all()) * 10)  # behind what other examples left
    for days, text in published:
        catalog.profiles.publish(text, base + timedelta(days=days), "boss")
    begun = [(days, n) for n, (days, _) in enumerate(published) if days <= on]
    if begun:
        found = catalog.profiles.in_force(base + timedelta(days=on))
        assert found is not None
        assert found.text == published[max(begun)[1]][1]
