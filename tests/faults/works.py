"""What the workers of a simulated world do: each the product's own procedure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flows import bundling, debts, packing, sweep, take_in, upkeep
from flows.parts import Parts
from flows.spool import sweep_spool
from flows.stores import Stores
from flows.taken_in import TakenIn
from flows.verify import Verifier
from pipeline.copies import Depth
from tests.faults.clock import Clock
from tests.faults.world import BATCH, DAY, At, Silent, World

_LATER = timedelta(days=99)
"""When nothing is on its way any more, however the clock jumped."""

Work = Callable[[World, Parts, Stores, At], object]


def taking_in(world: World, parts: Parts, stores: Stores, at: At) -> TakenIn:
    return take_in.take_in(world.intake(parts, stores, at), world.scans, BATCH, Silent())


def paying(world: World, parts: Parts, stores: Stores, at: At) -> None:
    debts.pay_debts(parts, stores.vault, at)


def sweeping(world: World, parts: Parts, stores: Stores, at: At) -> None:
    sweep.sweep(_verifier(parts, stores, at), at=at)


def verifying(world: World, parts: Parts, stores: Stores, at: At) -> None:
    keys = parts.catalog.verifications.all_keys()
    _verifier(parts, stores, at).verify(keys, Depth.BYTES, "all")


def bundling_changes(world: World, parts: Parts, stores: Stores, at: At) -> None:
    bundling.keep_changes(parts.catalog.bundles, stores.vault, at)
    stores.vault.flush()


def keeping_up(world: World, parts: Parts, stores: Stores, at: At) -> None:
    upkeep.keep_up(upkeep.Upkeep(parts, stores, Silent(), lambda _: None, DAY, at))


def packing_up(world: World, parts: Parts, stores: Stores, at: At) -> None:
    packing.pack(packing.Packing(parts, stores, "li", Silent(), at), everything=True)


def clearing_the_spool(world: World, parts: Parts, stores: Stores, at: At) -> None:
    sweep_spool(parts)


WORKS: dict[str, Work] = {
    "take in": taking_in,
    "pay": paying,
    "sweep": sweeping,
    "verify": verifying,
    "bundle": bundling_changes,
    "night": keeping_up,
    "pack": packing_up,
    "clear the spool": clearing_the_spool,
}


def recover(world: World, clock: Clock) -> None:
    """All is well now: the next run finishes the work, and one more finds nothing to do."""
    with world.open() as (parts, stores):
        for work in (taking_in, paying, sweeping, verifying, bundling_changes):
            work(world, parts, stores, lambda _: None)
        found = sweep.sweep(_verifier(parts, stores), clock.wall + _LATER)
        assert found.clean, [one.in_language("en") for one in found.messages]
        again = taking_in(world, parts, stores, lambda _: None)
        assert again.already == again.pages, "a page came in twice"
        if stores.cold.volumes():  # what came in since has no cold copy yet
            packing_up(world, parts, stores, lambda _: None)
        bundling_changes(world, parts, stores, lambda _: None)


def _verifier(parts: Parts, stores: Stores, at: At = lambda _: None) -> Verifier:
    return Verifier(parts, stores, Silent(), lambda _: None, at=at)
