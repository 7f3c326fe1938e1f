"""What befalls a simulated world, all drawn from one seed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random

from pipeline.clocks import ZONE
from tests.faults.ground import Ground
from tests.faults.looking import Broken
from tests.faults.meanwhile import look_meanwhile
from tests.faults.simstore import TROUBLES
from tests.faults.simulation import KINDS, Simulation
from tests.faults.turns import Worker
from tests.faults.works import WORKS

JUMPS = tuple(timedelta(hours=hours) for hours in (-24, -5, -1, 1, 7, 9, 24 * 3, 24 * 60))
ERROR_RATE, LIE_RATE = 0.15, 0.05


class Fate:
    """Draws everything; each world is befallen by about half of what there is."""

    def __init__(self, ground: Ground, seed: int) -> None:
        self._rng = rng = Random(seed)
        self.world = Simulation(
            ground,
            moving=rng.random() < 0.7,
            owing=rng.random() < 0.5,
            loose=rng.choice(("", "p", "r", "pr")),
        )
        chances = {
            self._a_worker_dies: 0.03,
            self._power_is_lost: 0.02,
            self._a_store_goes_down: 0.04,
            self._the_clock_jumps: 0.05,
            self._a_store_is_destroyed: 0.01,
            self._a_bit_flips: 0.04,
            self._a_store_loses_power: 0.02,
        }
        self._chances = {event: rate for event, rate in chances.items() if rng.random() < 0.5}
        self._error_rate = ERROR_RATE if rng.random() < 0.5 else 0.0
        self._lie_rate = LIE_RATE if rng.random() < 0.5 else 0.0

    def live(self) -> Broken:
        """Some rounds of deliveries and work, then recovery; give how the promise was broken."""
        rng, world = self._rng, self.world
        with world.begun(self._trouble):
            for _ in range(rng.randrange(2, 5)):
                for _ in range(rng.randrange(4)):
                    world.deliver(
                        rng.choice(("new", *KINDS)), rng.randbytes(rng.randrange(1, 3000))
                    )
                works = [rng.choice(list(WORKS)), "take in"][: rng.choice((1, 2))]
                world.work(works, rng.choice, self._happens)
                if (broken := look_meanwhile(world.world)).told:
                    return broken
            return world.end()

    def _happens(self, going: Sequence[Worker]) -> None:
        self.world.clock.run(self._rng.random() * 30)
        for event, chance in self._chances.items():
            if self._rng.random() < chance:
                event(going)

    def _trouble(self, act: str) -> str:
        chance = self._rng.random()
        errors = [one for one in TROUBLES[act] if one.startswith("fails")]
        lies = [one for one in TROUBLES[act] if not one.startswith("fails")]
        if chance < self._error_rate:
            return self._rng.choice(errors)
        if lies and chance < self._error_rate + self._lie_rate:
            return self._rng.choice(lies)
        return ""

    def _store(self) -> str:
        return self._rng.choice(("p", "r"))

    def _a_worker_dies(self, going: Sequence[Worker]) -> None:
        if alive := [one for one in going if not one.ended]:
            self.world.kill(self._rng.choice(alive))

    def _power_is_lost(self, going: Sequence[Worker]) -> None:
        self.world.lose_power(going)

    def _a_store_goes_down(self, _: Sequence[Worker]) -> None:
        self.world.switch(self._store())

    def _the_clock_jumps(self, _: Sequence[Worker]) -> None:
        if self._rng.random() < 0.2:  # just past midnight at the branch
            local = self.world.clock.wall.astimezone(ZONE)
            midnight = local.replace(hour=0, minute=0, second=1) + timedelta(days=1)
            self.world.jump(midnight - local)
        else:
            self.world.jump(self._rng.choice(JUMPS))

    def _a_store_is_destroyed(self, _: Sequence[Worker]) -> None:
        self.world.destroy(self._store())

    def _a_bit_flips(self, _: Sequence[Worker]) -> None:
        self.world.flip(self._store(), self._rng.randrange(10_000))

    def _a_store_loses_power(self, _: Sequence[Worker]) -> None:
        self.world.cut_power(self._store(), self._rng)


def lived(ground: Ground, seed: int) -> tuple[Broken, list[str]]:
    """A whole world of one seed: how it broke its promise, and what happened in it."""
    fate = Fate(ground, seed)
    return fate.live(), fate.world.trace
