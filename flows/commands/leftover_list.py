"""Files that still lie at a station, told with what may be done with each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import typer

from flows.terminal import Terminal
from ingest.leftovers import Judged
from pipeline.language import Message, say

_LEFT = 3


@dataclass
class Removal:
    """What became of the files that were to go."""

    gone: set[str] = field(default_factory=set)
    left: dict[str, Message] = field(default_factory=dict)
    """Why files are still there that should have gone."""

    def enter(self, name: str, why: Message | None) -> None:
        """Enter what became of one."""
        if why is None:
            self.gone.add(name)
        else:
            self.left[name] = why


def tell_account(
    terminal: Terminal, judged: Sequence[Judged], removal: Removal, *, to_json: bool
) -> None:
    """Tell what there was and what became of it; exit code 3 while files are left."""
    if to_json:
        told = as_json(judged, removal, terminal.lang)
        terminal.raw(json.dumps(told, ensure_ascii=False))
    else:
        _tell(terminal, judged, removal)
    if len(removal.gone) < len(judged):
        raise typer.Exit(_LEFT)


def _tell(terminal: Terminal, judged: Sequence[Judged], removal: Removal) -> None:
    """Show what is still there, and the account of all."""
    rows = [one for one in judged if one.file.name not in removal.gone]
    if rows:
        terminal.table(
            say("Files at the station"),
            [say("File"), say("May go"), say("Why")],
            [
                [
                    one.file.name,
                    (say("yes") if one.is_safe else say("no")).in_language(terminal.lang),
                    removal.left.get(one.file.name, one.why).in_language(terminal.lang),
                ]
                for one in rows
            ],
        )
    safe, gone = sum(one.is_safe for one in judged), len(removal.gone)
    terminal.tell(
        say(
            "{files} files = {safe} that may go + {stay} that must stay; {removed} removed.",
            files=len(judged),
            safe=safe,
            stay=len(judged) - safe,
            removed=gone,
        )
    )
    if safe and not (gone or removal.left):
        terminal.note(say("Nothing is removed unless you say --delete; what is, is written down."))


def as_json(judged: Sequence[Judged], removal: Removal, lang: str) -> Mapping[str, Any]:
    """Return the same as JSON-ready values."""
    safe = sum(one.is_safe for one in judged)
    return {
        "files": len(judged),
        "safe": safe,
        "not_safe": len(judged) - safe,
        "removed": len(removal.gone),
        "items": [
            {
                "name": one.file.name,
                "sha256": one.file.sha256,
                "bytes": one.file.byte_count,
                "safe": one.is_safe,
                "removed": one.file.name in removal.gone,
                "why": removal.left.get(one.file.name, one.why).in_language(lang),
            }
            for one in judged
        ],
    }
