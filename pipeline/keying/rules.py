"""When a field goes to people: settings of the keying queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from pipeline.model import FieldName


@dataclass(frozen=True)
class KeyingRules:
    """Which fields must be readable, and how surely (page check Q14)."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    required: tuple[FieldName, ...] = (
        FieldName.SERIAL_NO,
        FieldName.CUSTOMER_NO,
        FieldName.CUSTOMER_NAME,
        FieldName.AMOUNT,
        FieldName.BUSINESS_DATE,
    )
    """Fields that the stream must have, and the amount (checks_and_settings)."""
    least_confidence: Annotated[float, Field(ge=0, le=1)] = 0.80
    """A required field read with less goes to a person."""
