"""One business (业务): the papers that a transaction of its code needs on a day (CG-16.2b)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field, PlainValidator, field_validator, model_validator

from pipeline.document_types import Dated, Part, in_force, in_order
from pipeline.language import Named, say
from pipeline.tasks.conditions import Condition, parsed
from pipeline.unfit import Unfit


class Need(StrEnum):
    """How a business asks for a paper."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    CONDITIONAL = "conditional"


class TaskVersion(Dated):
    """The papers of a business from a business day on."""

    required: tuple[str, ...] = Field(min_length=1)
    """Document types that are always due; the first is the business's principal paper."""
    optional: tuple[str, ...] = ()
    """Types that have a place but are missed by nobody."""
    conditional: Mapping[str, Annotated[Condition, PlainValidator(parsed)]] = Field(
        default_factory=dict
    )
    """Types that are due where the condition holds."""
    fresh: frozenset[str] = frozenset()
    """Types that no earlier paper stands in for."""

    @property
    def needs(self) -> Iterator[tuple[str, Need]]:
        """Every type with how it is asked for, in the profile's order."""
        yield from ((code, Need.REQUIRED) for code in self.required)
        yield from ((code, Need.CONDITIONAL) for code in self.conditional)
        yield from ((code, Need.OPTIONAL) for code in self.optional)

    @model_validator(mode="after")
    def _each_once(self) -> TaskVersion:
        codes = [code for code, _ in self.needs]
        twice = [code for code in codes if codes.count(code) > 1]
        if twice:
            raise Unfit(say("{code} is asked for twice", code=twice[0]))
        unasked = sorted(self.fresh - set(codes))
        if unasked:
            raise Unfit(say("{code} is not asked for", code=unasked[0]), "fresh")
        return self


class Business(Part):
    """One kind of transaction."""

    name: Named
    tasks: tuple[TaskVersion, ...] = Field(min_length=1)
    """In order of their first days."""

    @field_validator("tasks")
    @classmethod
    def _dated(cls, versions: tuple[TaskVersion, ...]) -> Sequence[TaskVersion]:
        return in_order(versions)

    def version_on(self, day: date) -> TaskVersion | None:
        """Return the version in force on a business day; None before the first."""
        return in_force(self.tasks, day)
