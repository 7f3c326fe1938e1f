"""What changed in the catalog into both stores, so that the objects alone can give it again (rule R4)."""

from __future__ import annotations

from collections.abc import Callable

from catalog.bundles import Bundles
from storage.store import NoteKind
from storage.vault import Vault

STEPS = ("bundle_made", "bundle_kept", "bundle_entered")
"""The steps of bundling, in order, for tests that kill there."""


def keep_changes(
    bundles: Bundles, vault: Vault, at: Callable[[str], None] = lambda _step: None
) -> int:
    """Keep what had changed by now; return the number of rows kept. May be run again without effect.

    A bundle counts once it is entered. Killed before, or overtaken by another run, its object stays in the
    stores and is passed over when the catalog is rebuilt: the next bundle has its number, and all its rows.
    """
    newest, rows = bundles.newest_change(), 0
    while bundle := bundles.next():
        at("bundle_made")
        vault.keep_note(NoteKind.CATALOG, bundle.content)
        at("bundle_kept")
        if bundles.enter(bundle):
            rows += bundle.rows
        at("bundle_entered")
        if (
            bundle.changes[-1] >= newest
        ):  # others may go on acting; their changes are for their own run
            break
    return rows
