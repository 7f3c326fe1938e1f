"""The log searched by moments: numbers are narrowed by halving, and nothing that fits is left out."""

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from catalog.audit import Wanted
from catalog.catalog import Catalog
from catalog.tables import log
from pipeline.audit.entry import FIRST, canonical, told

START = datetime(2026, 11, 1, tzinfo=UTC)
MOMENTS = st.lists(st.integers(0, 40), min_size=1, max_size=40).map(sorted)
HALF_HOUR = timedelta(minutes=30)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(MOMENTS, st.integers(-2, 42), st.integers(-2, 42), st.booleans())
def test_what_fits_between_two_moments_is_found_whole(
    catalog: Catalog, moments: list[int], since: int, until: int, skewed: bool
) -> None:
    """Moments in half hours; a clock may lag behind by one of them."""
    if skewed and len(moments) > 1:
        moments[-1] = max(0, moments[-1] - 1)
    with catalog._engine.begin() as connection:
        connection.execute(delete(log))
        for seq, moment in enumerate(moments, start=1):
            at = (START + moment * HALF_HOUR).isoformat()
            body = canonical(
                told(seq, FIRST, at, who="w", act="a.b", subject="s", ok=True)
            ).decode()
            connection.execute(insert(log).values(seq=seq, prev=FIRST, body=body, sha256=str(seq)))
    wanted = Wanted(since=START + since * HALF_HOUR, until=START + until * HALF_HOUR)
    found = [one.seq for one in catalog.audit.find(wanted)]
    fitting = [seq for seq, at in enumerate(moments, start=1) if since <= at < until]
    assert found == fitting[::-1]
