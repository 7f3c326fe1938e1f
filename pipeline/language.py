"""What people are told: a sentence with its values, and its translation.

A sentence is written once, in English, with named places (``say("Page {name} is blank.", name=n)``).
The English sentence is the gettext message id; ``pipeline/locale/<lang>/paperproof.po`` holds the others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, ClassVar

LANGUAGES = ("zh", "en")
_CATALOGS = {"zh": "zh_CN"}


@dataclass(frozen=True)
class Named:
    """A name that is told in both languages where it is given, as in a profile."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    zh: str
    en: str

    def in_language(self, lang: str) -> str:
        """Return the name in ``lang`` ("zh" or "en")."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Message:
    """One sentence for a person: an English template and the values of its places."""

    template: str
    values: tuple[
        tuple[str, int | float | str | Message | Named | tuple[Message | Named, ...]], ...
    ] = ()

    def in_language(self, lang: str) -> str:
        """Return the sentence in ``lang`` ("zh" or "en"); values that are messages or names follow suit."""
        told = {name: _told(value, lang) for name, value in self.values}
        return translated(self.template, lang).format(**told)

    def __str__(self) -> str:
        return self.in_language("en")


def translated(text: str, lang: str) -> str:
    """Return a text as it stands, its places unfilled, in ``lang``; itself where it has no translation."""
    return _translations(lang).get(text) or text


def _told(value: Any, lang: str) -> Any:
    """A value in a sentence: messages follow the sentence's language, several are listed."""
    if isinstance(value, Message | Named):
        return value.in_language(lang)
    if isinstance(value, tuple):
        return ("、" if lang == "zh" else ", ").join(one.in_language(lang) for one in value)
    return value


_VALUE = (int, float, str, Message, Named, tuple)


def say(template: str, **values: Any) -> Message:
    """Make a message; ``template`` must be a literal so that the extractor of translations finds it."""
    return Message(
        template,
        tuple(
            (name, value if isinstance(value, _VALUE) else str(value))
            for name, value in values.items()
        ),
    )


@lru_cache(maxsize=len(LANGUAGES))
def _translations(lang: str) -> Mapping[str, str]:
    if lang not in _CATALOGS:
        return {}
    source = files("pipeline") / "locale" / _CATALOGS[lang] / "paperproof.po"
    entries = _ENTRY.findall(source.read_text("utf-8"))
    return {_plain(said): _plain(told) for said, told in entries}


_ENTRY = re.compile(r'^msgid ((?:"(?:[^"\\]|\\.)*"\s+)+)msgstr ((?:"(?:[^"\\]|\\.)*"\s*)+)', re.M)
"""A sentence and its translation; read so, since the tools that write the file take longer to load."""


def _plain(quoted: str) -> str:
    """Return what stands in one or several lines of quoted text; the escapes are those of JSON."""
    return "".join(map(json.loads, quoted.split("\n")[: quoted.strip().count("\n") + 1]))
