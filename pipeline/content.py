"""Values that are kept as JSON, in a column or a file."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


class Content(Generic[T]):
    """Turns values of a type into JSON-ready content and back; how, is worked out at first use.

    Of twenty such types a command needs a few, and working one out takes milliseconds.
    """

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind

    @cached_property
    def _adapter(self) -> TypeAdapter[T]:
        return TypeAdapter(self._kind)

    def dump(self, value: T) -> Any:
        """Return a value as JSON-ready content."""
        return self._adapter.dump_python(value, mode="json")

    def load(self, content: Any) -> T:
        """Return the value that was kept; raises ValueError (pydantic's) where it is none of the type."""
        return self._adapter.validate_python(content)

    def dump_text(self, value: T) -> str:
        """Return a value as JSON, one line for each entry."""
        return self._adapter.dump_json(value, indent=1).decode()

    def load_text(self, text: str) -> T:
        """Return the value that JSON tells; raises ValueError (pydantic's) where it is none of the type."""
        return self._adapter.validate_json(text)
