"""The simulated day keeps what it is simulated from: more pages ask for more cores, deaths lose none."""

from bench.scale_day import NIGHT, Costs, cores_for, finished_at, sizing
from pipeline.claims import LeaseRules

COSTS = Costs((1.0, 2.0), 0.1, 0.002, 250_000, 20_000, 8.0)
RULES = LeaseRules()


def test_cores_follow_the_pages_and_are_just_enough() -> None:
    cores = cores_for(60_000, COSTS, RULES, seed=1)
    assert finished_at(60_000, cores, COSTS, RULES, seed=1) <= NIGHT
    assert finished_at(60_000, cores - 1, COSTS, RULES, seed=1) > NIGHT
    # half of them, 12.5 hours of reading, is still to be read when 5 hours are left
    assert 3 <= cores <= 4
    assert 25 <= cores_for(600_000, COSTS, RULES, seed=1) <= 34


def test_a_sizing_names_every_part() -> None:
    row = sizing(150_000, COSTS, RULES, seed=1)
    assert row["gb_a_day_each_store"] == 37.5
    assert row["take_in_cores"] > 0 and 0 < row["flow_run_share"] < 0.05
