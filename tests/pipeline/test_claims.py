"""Leases: several workers, deaths, late heartbeats, clocks that jump; no page is finished twice or lost."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from pydantic import ValidationError

from pipeline.claims import (
    Chunk,
    LeaseRules,
    Worker,
    claimed,
    finished,
    given_back,
    in_chunks,
    renewed,
)

DAY = date(2026, 11, 19)
RULES = LeaseRules()
WORKERS = [Worker(name, "0048") for name in ("a/1", "b/1", "b/2")]
PAGES = ("1" * 64, "2" * 64, "3" * 64)
worker = st.sampled_from(WORKERS)


class Workers(RuleBasedStateMachine):
    """A chunk, workers that remember what they claimed, and one clock: the database's."""

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 11, 19, 12, tzinfo=UTC)
        self.chunk = Chunk(1, DAY, "3301", PAGES)
        self.believes: dict[Worker, int] = {}
        """What each worker holds for its claim; a dead one holds nothing, a slow one an old number."""
        self.entered: dict[str, int] = {}

    @rule(seconds=st.integers(-300, 300))
    def the_clock_moves_or_jumps(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(who=worker)
    def claims(self, who: Worker) -> None:
        if self.chunk.is_free(self.now):
            before = self.chunk.fence
            self.chunk = claimed(self.chunk, who, self.now, RULES)
            assert self.chunk.fence == before + 1
            self.believes[who] = self.chunk.fence

    @rule(who=worker)
    def dies(self, who: Worker) -> None:
        self.believes.pop(who, None)

    @rule(who=worker)
    def renews_perhaps_late(self, who: Worker) -> None:
        if who in self.believes:
            later = renewed(self.chunk, self.believes[who], self.now, RULES)
            assert (later is None) == (not self.holds(who))
            self.chunk = later or self.chunk

    @rule(who=worker, page=st.sampled_from(PAGES))
    def brings_a_page(self, who: Worker, page: str) -> None:
        if who in self.believes and page not in self.entered and self.holds(who):
            self.entered[page] = self.believes[who]

    @rule(who=worker)
    def gives_back(self, who: Worker) -> None:
        if who in self.believes:
            self.chunk = given_back(self.chunk, self.believes.pop(who)) or self.chunk

    @rule(who=worker)
    def says_it_is_done(self, who: Worker) -> None:
        if who in self.believes and len(self.entered) == len(PAGES):
            self.chunk = finished(self.chunk, self.believes[who], self.now) or self.chunk

    @precondition(lambda self: not self.chunk.done_at)
    @rule()
    def a_new_worker_always_gets_through(self) -> None:
        """Whatever happened: once the lease ends, somebody else may claim."""
        assert self.chunk.is_free((self.chunk.until or self.now) + timedelta(seconds=0))

    @invariant()
    def only_one_counts(self) -> None:
        assert sum(map(self.holds, self.believes)) <= 1

    @invariant()
    def what_is_done_is_whole(self) -> None:
        assert not self.chunk.done_at or len(self.entered) == len(PAGES)

    def holds(self, who: Worker) -> bool:
        return self.chunk.is_held(self.believes[who])


TestWorkers = Workers.TestCase


@given(st.lists(st.integers(), max_size=700, unique=True), st.integers(20, 200))
def test_chunks_are_alike_and_lose_nothing(numbers: list[int], at_most: int) -> None:
    pages = list(map(str, numbers))
    chunks = list(in_chunks(pages, at_most))
    assert [page for one in chunks for page in one] == pages
    sizes = {len(one) for one in chunks}
    assert not sizes or (max(sizes) <= at_most and max(sizes) - min(sizes) <= 1)


def test_two_renewals_may_fail_before_a_lease_ends() -> None:
    with pytest.raises(ValidationError, match="half of lease_seconds"):
        LeaseRules(lease_seconds=45, renew_seconds=30)
    assert LeaseRules().lease + timedelta(seconds=5) < timedelta(minutes=1)
