"""Why an entry of a settings file or profile does not hold, in the words of people.

The checking library tells it in English and in its own terms; what it finds is told here by its kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from pipeline.language import Message, say


class Unfit(ValueError):
    """A value does not hold; ``message`` says why, ``place`` which entry within that of the value."""

    def __init__(self, message: Message, place: str = "") -> None:
        super().__init__(str(at(place, message)))
        self.message = message
        self.place = place


def at(place: str, why: Message) -> Message:
    """Return "place: why", why alone where no place is known."""
    return say("{place}: {why}", place=place, why=why) if place else why


def first_of(error: ValueError) -> tuple[str, Message]:
    """Return the first thing that is wrong: the place of the entry, its parts counted from 1, and why."""
    if isinstance(error, Unfit):
        return error.place, error.message
    if not isinstance(error, ValidationError):
        return "", Message("{why}", (("why", str(error)),))
    first = error.errors()[0]
    parts = [str(part + 1) if isinstance(part, int) else part for part in first["loc"]]
    values = first.get("ctx", {})
    own = values.get("error")
    if isinstance(own, Unfit):
        return ".".join([*parts, own.place]).strip("."), own.message
    return ".".join(parts), _why(first["type"], first["msg"], values)


def _why(kind: str, told: str, values: Mapping[str, Any]) -> Message:
    if kind in ("literal_error", "enum"):
        return say("it must be one of {values}", values=values["expected"].replace(" or ", ", "))
    if kind == "string_pattern_mismatch":
        return say("it must look like {pattern}", pattern=values["pattern"])
    for name, limited in _LIMITS.items():
        if name in values:
            return limited(values[name])
    for part, words in _WANTED.items():
        if kind.startswith(part):
            return words
    return Message("{why}", (("why", told.removeprefix("Value error, ")),))


_LIMITS: Mapping[str, Callable[[Any], Message]] = {
    "ge": lambda limit: say("it must be {limit} or more", limit=limit),
    "gt": lambda limit: say("it must be more than {limit}", limit=limit),
    "le": lambda limit: say("it must be {limit} or less", limit=limit),
    "lt": lambda limit: say("it must be less than {limit}", limit=limit),
    "max_length": lambda limit: say("it may have {limit} parts at most", limit=limit),
    "min_length": lambda limit: say("it must have {limit} parts at least", limit=limit),
}
_WANTED = {
    "missing": say("it is missing"),
    "extra_forbidden": say("there is no such entry"),
    "unexpected_keyword": say("there is no such entry"),
    "int": say("a whole number is wanted"),
    "float": say("a number is wanted"),
    "decimal": say("a number is wanted"),
    "finite": say("a number is wanted"),
    "bool": say("true or false is wanted"),
    "string": say("a text is wanted"),
    "date": say("a day like 2026-11-19 is wanted"),
    "tuple": say("a list is wanted"),
    "list": say("a list is wanted"),
    "set": say("a list is wanted"),
    "frozen_set": say("a list is wanted"),
    "dict": say("entries of their own are wanted"),
    "mapping": say("entries of their own are wanted"),
    "model": say("entries of their own are wanted"),
    "dataclass": say("entries of their own are wanted"),
}
"""How the kinds of the library's errors begin -> what is wanted instead."""
