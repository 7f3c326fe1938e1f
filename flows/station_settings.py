"""Settings of scan stations: when one is marked, whether this machine's scanners are used, and how."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from flows.store_settings import Section
from pipeline.model import ColourMode


class StationSettings(Section):
    """Stations that report here, and this machine, where it stands beside a scanner (SANE)."""

    silent_minutes: int = Field(default=30, ge=1)
    """An agent that did not report for so long is marked on the monitor."""
    debt_minutes: int = Field(default=120, ge=1)
    """A station whose oldest file waits for longer is, too."""
    scanning: bool = False
    """Whether people may scan from this machine's devices."""
    branches: tuple[str, ...] = ()
    """Whose people may: who starts a device gets the paper in it. Empty: those of all branches."""
    dpi: int = Field(default=300, ge=50, le=1200)
    """Where the profile asks for more, that (DA/T 31-2017: 300 for what is read by machine)."""
    mode: ColourMode = ColourMode.COLOUR
    """Where the profile asks for none."""
    paper: str = "A4"
    """Of the papers that the profile knows."""
    format: Literal["tiff", "png", "jpeg"] | None = None
    """None: TIFF where a page of it keeps below the limit of bytes (Q04), else JPEG."""
    list_seconds: float = Field(default=30, gt=0)
    page_seconds: float = Field(default=60, gt=0)
    """So long a device may give no page."""
    options: dict[str, str] = Field(default_factory=dict)
    """Options of the device itself, as “scanimage --all-options” names them."""
