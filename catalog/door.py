"""A part of the catalog that is loaded when it is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

if TYPE_CHECKING:
    from catalog.catalog import Catalog

T = TypeVar("T")


class Door(Generic[T]):
    """Leads to what only some commands need, named as module and class; loading all takes its time."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def __set_name__(self, _owner: type[Any], name: str) -> None:
        self._attribute = name

    def __get__(self, catalog: Catalog, _owner: type[Any]) -> T:
        made = getattr(import_module(f"catalog.{self._module}"), self._name)(catalog._engine)
        catalog.__dict__[self._attribute] = made
        return cast(T, made)
