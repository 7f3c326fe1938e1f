"""Simulated worlds as a state machine: hypothesis orders what befalls them, and shrinks what breaks one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from flows import bundling, rebuild
from pipeline.errors import PaperproofError
from tests.faults.acts import empty_catalog
from tests.faults.ground import Ground
from tests.faults.killing import Worlds
from tests.faults.meanwhile import look_meanwhile
from tests.faults.simulation import KINDS, Happens, Simulation
from tests.faults.turns import Worker
from tests.faults.works import WORKS
from tests.faults.world import Silent

STORES = st.sampled_from(("p", "r"))
SEEDS = st.integers(0, 2**16)


def quietly(_: Sequence[Worker]) -> None: ...


class Archive(RuleBasedStateMachine):
    """One archive; each rule is something that is done in it, or that befalls it."""

    ground: Ground

    @initialize(
        moving=st.booleans(), owing=st.booleans(), loose=st.sampled_from(("", "p", "r", "pr"))
    )
    def begin(self, moving: bool, owing: bool, loose: str) -> None:
        self.world = Simulation(self.ground, moving=moving, owing=owing, loose=loose)
        self._stack = ExitStack()
        self._stack.enter_context(self.world.begun())

    @rule(kind=st.sampled_from(KINDS), seed=SEEDS)
    def deliver(self, kind: str, seed: int) -> None:
        rng = Random(seed)
        self.world.deliver(kind, rng.randbytes(rng.randrange(1, 2000)))

    @rule(name=st.sampled_from(sorted(WORKS)))
    def work(self, name: str) -> None:
        self._work([name], Random(0), quietly)

    @rule(name=st.sampled_from(sorted(WORKS)), seed=SEEDS)
    def two_workers(self, name: str, seed: int) -> None:
        self._work(["take in", name], Random(seed), quietly)

    @rule(name=st.sampled_from(sorted(WORKS)), step=st.integers(1, 40), power=st.booleans())
    def die_at_a_step(self, name: str, step: int, power: bool) -> None:
        steps = iter(range(1, 10_000))

        def happens(going: Sequence[Worker]) -> None:
            if next(steps) == step:
                for one in going:
                    self.world.kill(one)
                if power:
                    self.world.lose_power()

        self._work([name], Random(0), happens)

    @rule(name=STORES)
    def a_store_goes_down_or_up(self, name: str) -> None:
        self.world.switch(name)

    @rule(name=STORES)
    def a_store_is_destroyed(self, name: str) -> None:
        self.world.destroy(name)

    @rule(name=STORES, nth=st.integers(0, 100))
    def a_bit_flips(self, name: str, nth: int) -> None:
        self.world.flip(name, nth)

    @rule(name=STORES, seed=SEEDS)
    def a_store_loses_power(self, name: str, seed: int) -> None:
        self.world.cut_power(name, Random(seed))

    @rule(nth=st.integers(0, 100))
    def a_bit_flips_on_a_carrier(self, nth: int) -> None:
        self.world.flip_cold(nth)

    @rule(hours=st.sampled_from((-24, -1, 1, 8, 25, 24 * 60)))
    def the_clock_jumps(self, hours: int) -> None:
        self.world.jump(timedelta(hours=hours))

    @precondition(lambda self: not any(store.down for store in self.world.stores.values()))
    @rule()
    def the_catalog_is_rebuilt(self) -> None:
        """From the objects alone, it is the catalog as it is now."""
        world = self.world.world
        with world.open() as (parts, stores):
            try:
                bundling.keep_changes(parts.catalog.bundles, stores.vault)
            except PaperproofError:
                return  # it is told: what a store has is bad
            both = stores.vault.primary, stores.vault.replica
            again = empty_catalog(world)
            try:
                found = rebuild.rebuild(both, again, Silent())
                assert not found.gaps
                assert not list(parts.catalog.differences(again))
            finally:
                again.close()

    @invariant()
    def nothing_is_lost(self) -> None:
        broken = look_meanwhile(self.world.world)
        assert broken.kept, (broken.told, self.world.trace)

    def teardown(self) -> None:
        """Whatever befell it: one run finishes the work, and all is as it was delivered."""
        with self._stack:
            broken = self.world.end()
            assert broken.kept, (broken.told, self.world.trace)

    def _work(self, names: list[str], rng: Random, happens: Happens) -> None:
        self.world.work(names, rng.choice, happens)


@pytest.fixture(scope="module")
def archive(worlds: Worlds) -> Iterator[type[Archive]]:
    with Ground.in_memory(worlds.template) as ground:
        yield type("Archive", (Archive,), {"ground": ground})


def live(archive: type[Archive], worlds: int, rules: int, *, drawn: bool) -> None:
    chosen = settings(
        max_examples=worlds,
        stateful_step_count=rules,
        derandomize=not drawn,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[phase for phase in Phase if phase is not Phase.explain],
    )
    run_state_machine_as_test(archive, settings=chosen)


@pytest.mark.slow
def test_no_order_of_events_breaks_the_promise(archive: type[Archive]) -> None:
    live(archive, 30, 20, drawn=False)


@pytest.mark.soak
def test_thousands_of_orders_of_events(archive: type[Archive]) -> None:
    live(archive, 1500, 40, drawn=True)
