"""What is costly to gather and looked at by many: gathered once, shown for some seconds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from pipeline.errors import PaperproofError

T = TypeVar("T")
_STILL_GIVEN = 3
"""Up to so many times its age at which it is made anew, what is kept is given while that goes on."""


@dataclass(frozen=True)
class _Made(Generic[T]):
    """What a key stands for, as it was at a moment."""

    at: datetime
    value: T


@dataclass
class Kept(Generic[T]):
    """Gives what was made not long ago; who wants what was never made waits for it.

    What is older than ``good_for`` is made anew beside the answers, which meanwhile give the old one:
    nobody is the one who waits. What nobody asked for in a long time is made at once.
    """

    good_for: timedelta
    _made: dict[Hashable, _Made[T]] = field(default_factory=dict)
    _being_made: dict[Hashable, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: Hashable, now: datetime, make: Callable[[], T]) -> T:
        """Give what a key stands for as it was, at most three times ``good_for`` before ``now``."""
        found = self._still_given(key, now)
        if found is None:
            with self._making(key):
                found = self._still_given(key, now) or self._make(key, now, make)
        elif now >= found.at + self.good_for and not self._making(key).locked():
            threading.Thread(target=self._make_anew, args=(key, now, make), daemon=True).start()
        return found.value

    def _still_given(self, key: Hashable, now: datetime) -> _Made[T] | None:
        with self._lock:
            for other, one in list(self._made.items()):
                if now >= one.at + _STILL_GIVEN * self.good_for:
                    del self._made[other]
                    self._being_made.pop(other, None)
            return self._made.get(key)

    def _making(self, key: Hashable) -> threading.Lock:
        with self._lock:
            return self._being_made.setdefault(key, threading.Lock())

    def _make(self, key: Hashable, now: datetime, make: Callable[[], T]) -> _Made[T]:
        made = _Made(now, make())
        with self._lock:
            self._made[key] = made
        return made

    def _make_anew(self, key: Hashable, now: datetime, make: Callable[[], T]) -> None:
        # What cannot be gathered now is left: it grows too old, and who asks then is told why.
        with self._making(key), suppress(PaperproofError):
            found = self._still_given(key, now)
            if found is None or now >= found.at + self.good_for:
                self._make(key, now, make)
