"""How often somebody may ask: log-ins by address and account, scans and the API by session.

Counted in this process, which is the whole site; a moving window has no edge at which twice as much passes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from flows.web_settings import WebSettings


class Rate(StrEnum):
    """What is counted together."""

    ADDRESS = "address"
    """Passwords and second factors that come from one address."""
    ACCOUNT = "account"
    """Those for one account or session."""
    UPLOAD = "upload"
    API = "api"


class TooMany(Exception):
    """Somebody asks too often; ``seconds``: after so many they may again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(frozen=True)
class Rates:
    """Counts what was asked for and refuses what is too much."""

    most: Mapping[Rate, RateLimitItemPerMinute]
    limiter: MovingWindowRateLimiter

    @classmethod
    def of(cls, settings: WebSettings) -> Rates:
        """Begin to count, with what the settings allow in a minute."""
        allowed = {
            Rate.ADDRESS: settings.log_ins_by_address,
            Rate.ACCOUNT: settings.log_ins_by_account,
            Rate.UPLOAD: settings.scans_by_session,
            Rate.API: settings.api_by_session,
        }
        most = {rate: RateLimitItemPerMinute(count) for rate, count in allowed.items()}
        return cls(most, MovingWindowRateLimiter(MemoryStorage()))

    def spend(self, rate: Rate, who: str) -> None:
        """Count one; raises TooMany when ``who`` had as many as a minute allows."""
        item = self.most[rate]
        if not self.limiter.hit(item, rate, who):
            until = self.limiter.get_window_stats(item, rate, who).reset_time
            raise TooMany(max(math.ceil(until - time.time()), 1))
