"""Bundles of the catalog that no store has any more: made up for while the catalog still lives (R4)."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from catalog.catalog import Catalog
from flows.parts import Parts
from flows.progress import Progress
from flows.rebuild import play_bundles
from flows.stores import Stores
from pipeline.language import Message, say
from storage.store import NoteKind, note_key, sha256_of_key

_WHO = "paperproof"


def make_up(parts: Parts, stores: Stores, progress: Progress) -> tuple[Message, ...]:
    """Have what lost bundles held go into the next ones, and settle their loss; tell it.

    What the other bundles give is played into an empty catalog and compared with the living one; the rows
    that differ are bundled anew, also those that changed since anyway. Killed before it is entered, it
    begins anew.
    """
    catalog = parts.catalog
    names = (one.key for one in catalog.verifications.lost())
    of_bundles = (key for key in names if key.startswith(f"{NoteKind.CATALOG}/"))
    lost = catalog.lost_bundles.numbers(filter(None, map(sha256_of_key, of_bundles)))
    if not lost:
        return ()
    kept = [one for one in catalog.bundles.after(0) if one not in lost.values()]
    with TemporaryDirectory(dir=parts.workspace.folder) as folder:
        others = Catalog.create_empty(f"sqlite:///{Path(folder) / 'others.sqlite'}")
        try:
            shelves = (stores.vault.primary, stores.vault.replica)
            play_bundles(shelves, others, progress, preferred=kept[-1] if kept else "")
            rows = catalog.lost_bundles.remake(lost, catalog.differences(others), _WHO)
        finally:
            others.close()
    for no, sha256 in lost.items():
        reason = f"bundle {no}: its rows are bundled again"
        catalog.verifications.settle(note_key(NoteKind.CATALOG, sha256), _WHO, reason)
    return (
        say(
            "{count} bundles of the catalog are in no store any more ({numbers}); what they held is bundled "
            "again from the catalog: {rows} rows.",
            count=len(lost),
            numbers=", ".join(map(str, lost)),
            rows=rows,
        ),
    )
