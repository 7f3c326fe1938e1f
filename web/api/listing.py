"""Lists of the API: some entries, and where the next ones begin."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from itertools import islice
from typing import Annotated, Generic, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel, Field

T = TypeVar("T")
Told = TypeVar("Told")
_SINCE, _UNTIL = date(2000, 1, 1), date(2100, 12, 31)
Day = Annotated[date, Path(ge=_SINCE, le=_UNTIL, description="The business date.")]
AskedDay = Annotated[date, Query(ge=_SINCE, le=_UNTIL)]
Branch = Annotated[str, Path(max_length=32)]
After = Annotated[str, Query(max_length=200, description="“next” of the answer before.")]
Limit = Annotated[int, Query(ge=1, le=500)]


class Listed(BaseModel, Generic[T]):
    """Part of a list, in its order."""

    items: list[T]
    next: str | None = Field(description="Give it as “after” for what follows; null: that was all.")


def listed(
    found: Iterable[T], limit: int, key: Callable[[T], str], told: Callable[[T], Told]
) -> Listed[Told]:
    """Tell the first ``limit`` of what was found, and the key of the last where more follow."""
    some = list(islice(found, limit + 1))
    shown = some[:limit]
    return Listed(
        items=[told(one) for one in shown], next=key(shown[-1]) if len(some) > limit else None
    )
