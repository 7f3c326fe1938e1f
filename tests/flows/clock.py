"""A clock that a test sets: what our modules take for now, years ahead where wanted."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import pytest

import catalog
import flows.commands
import pipeline

_OURS = ("catalog", "flows", "ingest", "pipeline", "storage", "web")
_WORKING_HOUR = timedelta(hours=2)  # ten in the morning in Shanghai


class Clock:
    """Time as the test has it; each look at it is a millisecond later, so that acts stand in their order."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = datetime.now(UTC)
        self._patch = patch
        for package in (catalog, pipeline, flows.commands):
            for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
                importlib.import_module(found.name)

    def travel(self, to: date) -> date:
        """Make it ten in the morning of a day."""
        self.now = datetime(to.year, to.month, to.day, tzinfo=UTC) + _WORKING_HOUR
        faked = _faked(self)
        for name, module in list(sys.modules.items()):
            told = getattr(module, "datetime", None) if name.split(".")[0] in _OURS else None
            if isinstance(told, type) and issubclass(told, datetime):
                self._patch.setattr(module, "datetime", faked)
        return to

    def look(self) -> datetime:
        """Give the time, and let a millisecond pass."""
        self.now += timedelta(milliseconds=1)
        return self.now


def _faked(clock: Clock) -> type[datetime]:
    class Is(type):
        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, datetime)

    class Faked(datetime, metaclass=Is):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return clock.look().astimezone(tz)

        @classmethod
        def __get_pydantic_core_schema__(cls, _: Any, handler: Any) -> Any:
            return handler.generate_schema(datetime)

    return Faked


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)
