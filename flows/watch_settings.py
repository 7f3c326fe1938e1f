"""Settings of metrics, alerts and logs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from flows.store_settings import Section


class WatchSettings(Section):
    """What those who watch are told, and when an alert is due."""

    days: int = Field(default=7, ge=1, le=60)
    """So many days back figures by branch and day are told: each is a series of its own."""
    sign_within_minutes: int = Field(default=1560, ge=1)
    """So soon an entry of the log must be under a signature. 26 hours: two more than from night to night."""

    workers: bool = False
    """Whether reading workers run as services; without them pages may wait until the closing reads them."""


class LogSettings(Section):
    """Which events are written, how, and where."""

    form: Literal["errors", "plain", "json"] = "errors"
    """"errors": only errors, plain; "plain": every event, to be read; "json": every event, a line each."""
    file: str = ""
    """A relative path lies in the workspace; empty: standard error. One moved away is made anew."""
