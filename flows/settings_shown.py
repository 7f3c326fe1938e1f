"""The settings as they are in force, for people to look at: what is secret is not among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import make_url

from flows.settings import Settings

HIDDEN = "•••"
_SECRET = frozenset({"credentials"})
"""Settings that say where secrets lie."""


@dataclass(frozen=True)
class SettingLine:
    """One setting."""

    section: str
    """Empty: it stands before all sections."""
    name: str
    value: str
    default: str

    @property
    def is_changed(self) -> bool:
        """Whether it is other than what a new workspace has."""
        return self.value != self.default


def shown_settings(settings: Settings) -> tuple[SettingLine, ...]:
    """Give every setting in the file's order, those before all sections first."""
    defaults = dict(_lines(Settings().model_dump(mode="json")))
    lines = [
        SettingLine(section, name, value, defaults.get((section, name), ""))
        for (section, name), value in _lines(settings.model_dump(mode="json"))
    ]
    return tuple(sorted(lines, key=lambda one: one.section != ""))


def _lines(dumped: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], str]]:
    for name, value in dumped.items():
        if isinstance(value, Mapping):
            yield from (((name, inner), _text(inner, one)) for inner, one in value.items())
        else:
            yield ("", name), _text(name, value)


def _text(name: str, value: Any) -> str:
    if name in _SECRET:
        return HIDDEN if value else ""
    if name == "catalog":
        return make_url(value).render_as_string(hide_password=True)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(key, one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(_text("", one) for one in value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
