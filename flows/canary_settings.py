"""Settings of the canaries."""

from __future__ import annotations

from pydantic import Field, field_validator

from flows.store_settings import Section
from pipeline.canaries import TITLES
from pipeline.language import say
from pipeline.unfit import Unfit


class CanarySettings(Section):
    """Invented vouchers that go through the whole chain to prove that it still looks."""

    nightly: bool = False
    """Whether closing a day runs them; a night on which one comes out otherwise ends with exit code 1."""
    required: bool = False
    """Whether closing tells that they never ran."""
    within_hours: int = Field(default=36, gt=0)
    """How old the last run may be; a night may be late by half a day."""
    branch: str = Field(default="9999", pattern=r"^[0-9A-Za-z][0-9A-Za-z_-]{0,31}$")
    """A branch number that no branch has."""
    serial: str = "{day}{branch}{number}"
    """How their serial numbers are made up: day 20261119, branch, a number of six digits."""
    leave_out: tuple[str, ...] = ()
    """Canaries that do not fit this institution's rules; each run names them."""

    @field_validator("serial")
    @classmethod
    def _numbered(cls, pattern: str) -> str:
        try:
            made = [pattern.format(day="", branch="", number=number) for number in ("", "1")]
        except (LookupError, AttributeError) as error:
            raise Unfit(say("only day, branch and number have a place in it")) from error
        if made[0] == made[1]:
            raise Unfit(say("the place of the number is missing"))
        return pattern

    @field_validator("leave_out")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        strange = [name for name in names if name not in TITLES]
        if strange:
            raise Unfit(say("there is no canary {name}", name=strange[0]))
        return names
