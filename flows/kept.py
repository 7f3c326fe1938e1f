"""What is costly to gather and looked at by many: gathered once, shown for some seconds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass
class Kept(Generic[T]):
    """Gives what was made not long ago; who wants what is being made waits for it."""

    good_for: timedelta
    _made: dict[Hashable, tuple[datetime, T]] = field(default_factory=dict)
    _being_made: dict[Hashable, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: Hashable, now: datetime, make: Callable[[], T]) -> T:
        """Give what a key stands for as it was, at most so long before ``now``."""
        with self._lock:
            making = self._being_made.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                fresh = {at: one for at, one in self._made.items() if now < one[0] + self.good_for}
                self._made = fresh
            if key not in fresh:
                made = now, make()
                with self._lock:
                    self._made[key] = made
                    self._being_made.pop(key, None)
                return made[1]
            return fresh[key][1]
