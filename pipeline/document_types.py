"""One document type (凭证类型): what the paper is, what its scan must meet on a day, how long it serves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, field_validator, model_validator

from pipeline.language import Named, say
from pipeline.unfit import Unfit


class Part(BaseModel):
    """One entry of a profile; a key that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Dated(Part):
    """What holds from a business day on; of several the last that has begun, whole."""

    since: date | None = Field(default=None, alias="from")
    """First business day; None: always."""


D = TypeVar("D", bound=Dated)


def in_order(versions: Sequence[D]) -> Sequence[D]:
    """Return versions as they are; raises ValueError unless each begins later than the one before."""
    days = [version.since or date.min for version in versions]
    if days != sorted(set(days)):
        raise Unfit(say("each version begins on a later day than the one before"))
    return versions


def in_force(versions: Iterable[D], day: date) -> D | None:
    """Return the version in force on a business day; None before the first."""
    begun = [one for one in versions if one.since is None or one.since <= day]
    return begun[-1] if begun else None


class RuleVersion(Dated):
    """What a document type asks for other than the general rules, from a business day on."""

    model_config = ConfigDict(extra="allow", frozen=True)

    @property
    def changes(self) -> Mapping[str, Any]:
        """The rules named, by their names in ``ScanRules``."""
        return self.model_extra or {}


class Share(StrEnum):
    """Whether one paper serves several businesses (CG-16.2c)."""

    NONE = "none"
    CUSTOMER = "customer"


class DocumentType(Part):
    """One kind of paper."""

    name: Named
    category: str
    """One of the profile's categories."""
    pages: tuple[int, int] = (1, 1)
    """Fewest and most pages that one such paper has."""
    identity_document: bool = False
    """Whether it is, or shows, somebody's identity card."""
    share: Share = Share.NONE
    """Whether it serves other businesses of the same customer too."""
    share_within: Literal["day", "business"] | None = None
    """Serves those of the same business day, or of the same business code, only."""
    valid_months: (
        PositiveInt
        | Literal["until_id_expiry", "until_agent_id_expiry", "until_licence_expiry"]
        | None
    ) = None
    """How long it serves them after its business day; None: always."""
    satisfies: tuple[str, ...] = ()
    """Other types that this paper is as good as."""
    fields: tuple[str, ...] = ()
    """What must stand on it: names of stream columns where there is one, else as the paper says."""
    more_fields: tuple[str, ...] = ()
    """Further ones, for types that share ``fields``."""
    rules: tuple[RuleVersion, ...] = ()
    """In order of their first days."""
    secrecy: str | None = None
    """Code of its level of secrecy; None: the lowest (RC-12)."""

    @property
    def all_fields(self) -> tuple[str, ...]:
        """Everything that must stand on the paper."""
        return (*self.fields, *self.more_fields)

    @field_validator("pages")
    @classmethod
    def _ordered(cls, pages: tuple[int, int]) -> tuple[int, int]:
        if not 1 <= pages[0] <= pages[1]:
            raise Unfit(say("the fewest pages come first, and are one or more"))
        return pages

    @field_validator("rules")
    @classmethod
    def _dated(cls, versions: tuple[RuleVersion, ...]) -> Sequence[RuleVersion]:
        return in_order(versions)

    @model_validator(mode="after")
    def _shared(self) -> DocumentType:
        if self.share is Share.NONE and (self.valid_months or self.share_within):
            raise Unfit(say("valid_months and share_within are for types with share: customer"))
        return self

    def version_on(self, day: date) -> RuleVersion | None:
        """Return the version in force on a business day; None before the first."""
        return in_force(self.rules, day)
