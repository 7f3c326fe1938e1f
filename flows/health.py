"""Whether this machine can do its work now: what a load balancer or supervisor asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flows.last_tested import last_tested
from flows.measuring import free_room
from flows.parts import Parts
from pipeline.errors import PaperproofError
from storage.vault import Vault


def ready(parts: Parts, vault: Callable[[], Vault]) -> Mapping[str, bool]:
    """Try what every page needs: the catalog of this version, both stores, room, locks that hold.

    ``program``: that a newer one has not brought the catalog on while this one was running.

    What failed is told by name only: whoever asks need not have logged in.
    """
    checks: Mapping[str, Callable[[], object]] = {
        "catalog": parts.catalog.must_answer,
        "program": lambda: not parts.catalog.is_ahead(),
        "stores": lambda: vault().check(),
        "room": lambda: all(room >= 1 for _, _, room in free_room(parts)),
        "locks": lambda: not any(one.fails for one in last_tested(parts.settings, parts.catalog)),
    }
    return {name: _holds(check) for name, check in checks.items()}


def _holds(check: Callable[[], object]) -> bool:
    """Whether a check neither says no nor raises."""
    try:
        return check() is not False
    except (PaperproofError, OSError):
        return False
