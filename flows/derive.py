"""Upright copies of pages: opened in the sandbox, turned, written beside a note of their master."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from catalog.masters import Master
from flows.parts import Parts
from flows.stores import Stores
from ingest.admission import Opener
from pipeline.derivative import as_jpeg, turn_of, upright_copy
from pipeline.errors import UserError
from pipeline.language import say


@dataclass(frozen=True)
class Derived:
    """A copy that was written."""

    path: Path
    turned_degrees: float


def chosen(parts: Parts, pages: list[str]) -> tuple[Master, ...]:
    """Give the pages meant by SHA-256s or their beginnings; raises UserError unless each means one."""
    masters = []
    for named in pages:
        found = parts.catalog.masters.beginning_with(named.lower())
        if len(found) != 1:
            raise UserError(
                say(
                    "{page} means no page of the archive; name the beginning of its SHA-256, which the "
                    "report in JSON gives under page_refs.",
                    page=named,
                )
                if not found
                else say(
                    "{page} means {count} pages; name more of the SHA-256.",
                    page=named,
                    count=len(found),
                )
            )
        masters.append(found[0])
    return tuple(masters)


def derive(
    parts: Parts, stores: Stores, opener: Opener, master: Master, folder: Path, who: str
) -> Derived:
    """Write an upright copy of a page and, beside it, which master it was made of and how it was turned.

    Made twice it is the same; the master stays as it is.
    """
    page = opener.decode(stores.vault.read(master.sha256), master.sha256[:12])
    turn = turn_of(master.parameters, master.reading)
    content = as_jpeg(upright_copy(page.pixels, turn), page.dpi)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{master.sha256[:16]}.upright.jpg"
    path.write_bytes(content)
    note = {"master": master.sha256, "turned_back_degrees": round(turn, 2), "cropped": False}
    path.with_suffix(".json").write_text(json.dumps(note, indent=1) + "\n", "utf-8")
    parts.catalog.masters.note_derived(master.sha256, turn, who)
    return Derived(path, turn)
