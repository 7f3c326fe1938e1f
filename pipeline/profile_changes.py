"""What one profile says otherwise than another, by the codes of its entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.document_types import Dated, Part, RuleVersion
from pipeline.language import Message, Named, say
from pipeline.profile import Profile

ALWAYS = "–"
"""Stands for the first day of a version that has none."""


@dataclass(frozen=True)
class Changes:
    """Codes of one kind of entry."""

    kind: Message
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def message(self) -> Message:
        """All of them, in one line."""
        return say(
            "{kind}: added {added}; changed {changed}; removed {removed}.",
            kind=self.kind,
            added=", ".join(self.added) or "–",
            changed=", ".join(self.changed) or "–",
            removed=", ".join(self.removed) or "–",
        )


def changes(before: Profile, after: Profile) -> Iterator[Changes]:
    """Give what differs, one for each kind of entry that differs."""
    for kind, old, new in _kinds(before, after):
        found = _compared(kind, old, new)
        if found.added or found.changed or found.removed:
            yield found


def _kinds(
    before: Profile, after: Profile
) -> Iterator[tuple[Message, Mapping[str, Any], Mapping[str, Any]]]:
    yield say("Categories"), before.categories, after.categories
    yield say("Document types"), before.types, after.types
    yield say("Businesses"), before.businesses, after.businesses
    yield say("Retention"), before.retention, after.retention
    yield say("Levels of secrecy"), _levels(before), _levels(after)


def _levels(profile: Profile) -> Mapping[str, Any]:
    """Each level with its place: one that moves up or down has changed."""
    return {one.code: (str(no), one.name) for no, one in enumerate(profile.secrecy, start=1)}


def _compared(kind: Message, old: Mapping[str, Any], new: Mapping[str, Any]) -> Changes:
    return Changes(
        kind,
        added=tuple(code for code in new if code not in old),
        changed=tuple(code for code in new if code in old and new[code] != old[code]),
        removed=tuple(code for code in old if code not in new),
    )


@dataclass(frozen=True)
class Difference:
    """One value that is another in the later profile."""

    place: tuple[str, ...]
    """Where in the entry, such as rules, 2027-01-01, min_dpi."""
    before: str
    """Empty: it was not set."""
    after: str


@dataclass(frozen=True)
class EntryChange:
    """One entry that is new, gone or says something else."""

    kind: Message
    code: str
    name: Named | None
    is_new: bool
    is_gone: bool
    differences: tuple[Difference, ...]


def differences(before: Profile, after: Profile) -> Iterator[EntryChange]:
    """Give every entry that differs, with each value from what to what."""
    for kind, old, new in _kinds(before, after):
        for code in (*old, *(one for one in new if one not in old)):
            if old.get(code) != new.get(code):
                yield _entry(kind, code, old.get(code), new.get(code))


def _entry(kind: Message, code: str, old: Any, new: Any) -> EntryChange:
    was, is_now = dict(_values(old)), dict(_values(new))
    places = (*was, *(place for place in is_now if place not in was))
    found = tuple(
        Difference(place, was.get(place, ""), is_now.get(place, ""))
        for place in places
        if was.get(place) != is_now.get(place)
    )
    entry = new if new is not None else old
    name = entry if isinstance(entry, Named) else getattr(entry, "name", None)
    return EntryChange(kind, code, name, old is None, new is None, found)


def _values(value: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Give every value of an entry that is not its default, with its place."""
    if value is None:
        return
    if isinstance(value, Part):
        yield from _of_part(value, place)
    elif isinstance(value, Mapping) and place:
        for key, one in value.items():
            yield from _values(one, (*place, str(key)))
    elif isinstance(value, tuple) and value and isinstance(value[0], Dated):
        for one in value:
            version = (*place, one.since.isoformat() if one.since else ALWAYS)
            yield from list(_values(one, version)) or [(version, ALWAYS)]
    else:
        yield place, _text(value)


def _of_part(part: Part, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, field in type(part).model_fields.items():
        value = getattr(part, name)
        if name != "since" and value != field.get_default(call_default_factory=True):
            yield from _values(value, (*place, name))
    if isinstance(part, RuleVersion):
        for name, value in part.changes.items():
            yield from _values(value, (*place, name))


def _text(value: Any) -> str:
    if isinstance(value, Named):
        return f"{value.zh} · {value.en}"
    if isinstance(value, Mapping):
        return " ".join(f"{name} {_text(one)}" for name, one in value.items())
    if isinstance(value, frozenset):
        return ", ".join(sorted(map(_text, value)))
    if isinstance(value, tuple | list):
        return ", ".join(map(_text, value)) or ALWAYS
    return f"{value:g}" if isinstance(value, float) else str(value)
