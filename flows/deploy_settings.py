"""Settings of the flow server: where it is, and when which flow runs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from flows.store_settings import Section

Cron = Annotated[str, Field(pattern=r"^\S+( \S+){4}$")]
"""Five fields: minute, hour, day of the month, month, day of the week; Shanghai time."""


class DeploySettings(Section):
    """What ``paperproof deploy`` registers, and where."""

    api: str = Field(default="http://127.0.0.1:4200/api", pattern=r"^https?://")
    """The Prefect server's API."""
    inboxes: str = Field(default="inboxes/{branch}", pattern=r"\{branch\}")
    """Where a branch's scans arrive; relative to the workspace of whoever takes them in."""
    reading_runs: int = Field(default=2, ge=1, le=200)
    """Reading runs at the same time over all hosts; each reads with ``workers`` processes."""
    take_in: Cron = "*/10 8-19 * * *"
    read: Cron = "*/5 * * * *"
    close: Cron = "0 20 * * *"
    upkeep: Cron = "30 22 * * *"
    pack: Cron = "0 2 * * *"
    drill: Cron = "0 3 1 * *"
    """The first of each month, before office hours; ``within_days`` under [drill] asks for it."""
    upload: Cron = "0 5 * * *"
    """Each day: what headquarters has already is not sent again."""
