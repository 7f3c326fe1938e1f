"""Volumes that are encrypted: for whom, where they are made, and whether the keys are in good hands."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

from flows.parts import Parts
from pipeline.errors import UserError
from pipeline.language import Message, say
from storage.sealing import Sealing, checked_recipient
from storage.volumes import ColdShelf


def sealing_of(parts: Parts, at: Callable[[str], None]) -> Sealing | None:
    """Say for whom volumes are encrypted; None: they stay plain. Raises UserError for a key that is none."""
    recipients = [checked_recipient(one) for one in parts.settings.volumes.encrypt_for]
    if not recipients:
        return None
    text = (files("flows") / "sealed_readme.txt").read_bytes()
    return Sealing(recipients, {"READ ME 说明.txt": text}, at, parts.settings.volumes.parity)


def sealing_shelf(parts: Parts) -> ColdShelf:
    """Give the shelf on the workspace's own disk where plain volumes are made to be encrypted; empty.

    What a killed run left there is removed: its objects still wait, or lie in the encrypted volume.
    """
    shelf = ColdShelf(parts.workspace.sealing)
    shelf.prepare()
    shelf.clear_leftovers()
    shelf.discard()
    return shelf


def must_be_open(shelf: ColdShelf) -> None:
    """Raise UserError when some of the volumes cannot be read because they are encrypted."""
    sealed = shelf.sealed()
    if sealed:
        raise UserError(
            say(
                "{count} volumes ({name} …) are encrypted and cannot be read: {store}. Open each into one "
                "folder with “paperproof cold open {name}.sealed/{name}.tar.age --identity FILE --into "
                "FOLDER”, lay the plain volumes beside them, then run “paperproof rebuild-catalog --from "
                "FOLDER”; “paperproof cold key list” tells who holds the keys.",
                count=len(sealed),
                name=sealed[0],
                store=shelf.describe(),
            )
        )


def key_notes(parts: Parts) -> list[Message]:
    """Warn of keys that one mishap would lose: a single one, or one whose holder is not written down."""
    wanted = parts.settings.volumes.encrypt_for
    held = {one.recipient for one in parts.catalog.cold_keys.all()}
    notes = [
        say(
            "Nobody is written down who holds the key {key}; write it down with “paperproof cold key add”.",
            key=one,
        )
        for one in wanted
        if one not in held
    ]
    if len(wanted) == 1:
        notes.append(
            say(
                "Volumes are encrypted for one key only: if it is lost, nobody opens them any more; add a "
                "second one to encrypt_for."
            )
        )
    return notes
