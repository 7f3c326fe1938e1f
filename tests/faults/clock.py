"""A clock that tests move: forward, back, across midnight; nothing of the product sees another."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from types import ModuleType
from unittest.mock import patch

BEGIN = datetime(2026, 11, 19, 8, 30, tzinfo=UTC)
"""Half past four in the afternoon at the branch (+8)."""
_PACKAGES = ("pipeline", "ingest", "storage", "catalog", "flows")


class Clock:
    """Wall clock and running time; only the latter never goes back."""

    def __init__(self) -> None:
        self.wall = BEGIN
        self._running = 0.0

    def run(self, seconds: float) -> None:
        """Time passes."""
        self.wall += timedelta(seconds=seconds)
        self._running += seconds

    def jump(self, by: timedelta) -> None:
        """Someone, or a time server, sets the wall clock."""
        self.wall += by

    @contextmanager
    def told(self) -> Iterator[None]:
        """Have every module of the product go by this clock."""
        with ExitStack() as stack:
            for module in _modules():
                if vars(module).get("datetime") is datetime:
                    stack.enter_context(patch.object(module, "datetime", _datetime_by(self)))
            stack.enter_context(patch("time.time", lambda: self.wall.timestamp()))
            stack.enter_context(patch("storage.vault.monotonic", lambda: self._running))
            yield


def _modules() -> Iterator[ModuleType]:
    """The product's modules; the catalog's are loaded when first used, which may be too late."""
    for found in pkgutil.iter_modules(importlib.import_module("catalog").__path__, "catalog."):
        if not found.ispkg:
            importlib.import_module(found.name)
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in _PACKAGES:
            yield module


def _datetime_by(clock: Clock) -> type[datetime]:
    class AnyMoment(type):
        def __instancecheck__(cls, one: object) -> bool:
            return isinstance(one, datetime)

    class Told(datetime, metaclass=AnyMoment):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Told:
            return cls.fromtimestamp(clock.wall.timestamp(), tz)

    return Told
