"""Settings of the copies: where each lies, how often it is read, how long it stays, what goes up."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.language import say
from pipeline.retention import Disposition, RetentionRule
from pipeline.unfit import Unfit

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""Names of this very machine, to which plain http is no channel that others could hear."""


class Section(BaseModel):
    """A part of the settings file: what it does not know is refused, and nothing changes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreSettings(Section):
    """Where one copy of every page lies."""

    kind: Literal["local", "s3"] = "local"
    """"local": the server that Paperproof runs itself; "s3": any S3 endpoint, named below."""
    bucket: str
    endpoint: str = ""
    """host:port of the S3 endpoint."""
    region: str = "us-east-1"
    secure: bool = True
    ca_file: str = ""
    """The authority (PEM) that signed the server's certificate; empty: those that the system trusts."""
    lock: Literal["none", "compliance"] = "none"
    """"compliance": for ``lock_days`` from its put on nobody can delete a version."""
    credentials: str = ""
    """File with ``access_key`` and ``secret_key`` (TOML, readable by its owner alone)."""
    clear_text: bool = False
    """Whether plain http may leave this machine, where something else encrypts the line."""

    @model_validator(mode="after")
    def _speaks_in_the_open_only_where_told(self) -> StoreSettings:
        """No channel in clear text unless it is expressly allowed (RC-19)."""
        if self.kind == "s3" and not self.secure and not self.clear_text:
            host = self.endpoint.rpartition(":")[0].strip("[]")
            if host not in LOOPBACK:
                raise Unfit(
                    say(
                        "pages would cross the network to {endpoint} in the open; use https, or write "
                        "clear_text = true where something else encrypts the line",
                        endpoint=self.endpoint,
                    )
                )
        return self


class StoresSettings(Section):
    """What primary and replica must do together."""

    admit_without_replica: bool = False
    """Whether pages come in while the replica is down: proved in the primary, owed to the replica."""


class UploadSettings(Section):
    """What goes up to headquarters (CG-16.4c, K2, K3)."""

    period: Literal["monthly", "daily_after_close"] = "monthly"
    """"daily_after_close": "paperproof upload", run each evening, sends what is in of this month too."""
    to: StoreSettings = StoreSettings(bucket="paperproof-upload")
    """Where headquarters takes it from."""


class VerifySettings(Section):
    """How often copies are read in full (CG-17.5c)."""

    within_days: int = Field(default=90, ge=1)
    """Every copy is read at least so often: once a quarter."""
    daily_share: float = Field(default=0.01, ge=0, le=1)
    """Share of all objects that is drawn each night besides (reliability.md, event 18)."""


class DrillSettings(Section):
    """What a restore drill must show (CG-17.2c)."""

    rto_hours: float = Field(default=8, gt=0)
    """So long restoring everything may take."""
    rpo_hours: float = Field(default=24, gt=0)
    """So old the catalog in the stores may be."""
    within_days: int = Field(default=92, ge=1)
    """How often a drill is held."""


class LifecycleSettings(Section):
    """When an object may lose one of its two online copies (DK-22)."""

    hot_days: int = Field(default=0, ge=0)
    """So long both stay; 0: for good."""
    least_copies: int = Field(default=3, ge=2)
    """So many proven copies must be left, in all places: one online, the others cold."""
    keep_online: Literal["primary", "replica"] = "replica"
    """The online copy that stays."""


class RetentionSettings(Section):
    """How long rules keep what is stored, at least."""

    after_closure_years: int = Field(default=20, ge=1, le=100)
    """Years from the closing of a customer's account on (CG-17.3b)."""
    rules: tuple[RetentionRule, ...] = ()
    """What other rules ask for besides; of all that apply the longest holds (K6)."""
    electronic: Disposition = Disposition.KEEP
    """What becomes of electronic copies whose time is over (K7)."""
