"""Every procedure of the product that has named steps: how it is set going, and when its work is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flows import (
    bundling,
    debts,
    destroying,
    digital,
    lifecycle,
    log_signing,
    monthly,
    packing,
    rebuild,
    restore,
    sweep,
    take_in,
    upkeep,
)
from flows.agent import rounds
from flows.parts import Parts
from flows.stores import Stores
from storage import fixity, sealing, vault, volumes
from tests.faults.acts import (
    destroying_listed,
    drilling,
    encrypting,
    keeping_changes,
    keeping_up,
    packing_all,
    paying,
    rebuilding,
    refusing,
    removing,
    repairing,
    sending,
    sending_up,
    signing,
    sweeping,
    taking_in,
    taking_in_digital,
    taking_in_owing,
    taking_in_side_by_side,
)
from tests.faults.prepared import (
    all_in,
    copies_gone,
    damaged_before,
    harmed,
    listed_for_destruction,
    nothing,
    ordered,
    ordered_short,
    owing_all,
    unbundled,
)
from tests.faults.world import At, World

Act = Callable[[World, Parts, Stores, At], None]


@dataclass(frozen=True)
class Procedure:
    """One procedure: brought about in a world by ``prepare``, done by ``act``, as often as it takes."""

    name: str
    steps: tuple[str, ...]
    prepare: Callable[[World], None]
    act: Act
    moving: bool = False
    """From a watched inbox, which is emptied."""
    holds_at_death: bool = False
    """Whether nothing is damaged to begin with, so that the promise holds at any moment."""
    retries: bool = True
    """Whether it gets further at each try, however many store errors it meets; the others tell them."""


_INTAKE = (*take_in.STEPS, *vault.STEPS)

_OWING = (*take_in.STEPS, "primary_put", "replica_put", "kept")

PROCEDURES = (
    Procedure(
        "take in a folder",
        _INTAKE[:6] + vault.STEPS,
        damaged_before,
        taking_in,
        holds_at_death=True,
    ),
    Procedure("take in an inbox", _INTAKE, damaged_before, taking_in, True, True),
    Procedure("take in side by side", _INTAKE, damaged_before, taking_in_side_by_side, True, True),
    Procedure("take in owing", _OWING, nothing, taking_in_owing, True, True),
    Procedure(
        "take a package in",
        (*digital.STEPS, "primary_put", "replica_put", "kept"),
        all_in,
        taking_in_digital,
        holds_at_death=True,
    ),
    Procedure(
        "send from a station", (*rounds.STEPS, "receipt", "entered"), nothing, sending, True, True
    ),
    Procedure("pay debts", (*debts.STEPS, "replica_put", "kept"), owing_all, paying),
    Procedure("bundle the catalog", bundling.STEPS, unbundled, keeping_changes),
    Procedure("verify and repair", fixity.STEPS, harmed, repairing),
    Procedure("sweep", sweep.STEPS, copies_gone, sweeping),
    # A night has so many acts that one nearly always fails: it is told, and the next night is honest.
    Procedure(
        "nightly",
        tuple(one.__name__ for one in upkeep.PARTS),
        copies_gone,
        keeping_up,
        retries=False,
    ),
    Procedure("sign the log", log_signing.STEPS, all_in, signing),
    Procedure("pack a volume", (*packing.STEPS, *volumes.STEPS), all_in, packing_all),
    Procedure("remove online copies", lifecycle.STEPS, ordered, removing, holds_at_death=True),
    Procedure(
        "remove where too few are left",
        ("removal_due",),
        ordered_short,
        refusing,
        holds_at_death=True,
    ),
    Procedure(
        "destroy", destroying.STEPS, listed_for_destruction, destroying_listed, holds_at_death=True
    ),
    Procedure("send a month up", monthly.STEPS, all_in, sending_up, holds_at_death=True),
    Procedure("pack an encrypted volume", sealing.STEPS, all_in, encrypting),
    Procedure("rebuild the catalog", rebuild.STEPS, all_in, rebuilding, retries=False),
    Procedure("restore drill", restore.STEPS, all_in, drilling, retries=False),
)
WALKED = (
    rounds,
    take_in,
    digital,
    vault,
    debts,
    bundling,
    fixity,
    sweep,
    log_signing,
    monthly,
    packing,
    volumes,
    sealing,
    rebuild,
    restore,
    lifecycle,
    destroying,
)
"""The modules whose STEPS the procedures walk."""
