"""What a born-digital package may be: the settings ``[digital]``."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class DigitalRules(BaseModel):
    """Limits of a package, and where its films may lie."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    package_files: int = Field(default=500, ge=1)
    file_mb: int = Field(default=4096, ge=1)
    """Megabytes of one file; a film of an hour has a few hundred."""
    package_mb: int = Field(default=8192, ge=1)
    allow_plain_ftp: bool = False
    """Whether a film's place may be a server that is reached in the open (K24, RC-19)."""
