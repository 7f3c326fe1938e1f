"""The product's rules turned off one at a time, by patching; never by switches in the product."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from catalog import log
from catalog.deliveries import admitted
from flows import bundling, register, take_in
from flows.admit_page import Intake, ProvedPage, admit, store
from flows.enter_pages import _enter, _stored
from flows.sweep import Swept
from ingest.inbox import ClaimedFile, claim, release
from pipeline.copies import CopyState, Depth
from pipeline.model import Delivery
from storage.fixity import Fixity
from storage.folder import FolderStore
from storage.looks import Look, Verdict, Wanted
from storage.store import NoteKind, Receipt, digest
from storage.vault import Kept, Vault

Sabotage = Callable[[ExitStack], None]


def trust_the_answer(stack: ExitStack) -> None:
    """R6: what a store says it has is not read back."""
    stack.enter_context(
        patch("storage.vault.read_back", lambda *_: (CopyState.INTACT, None)),
    )


def trust_412(stack: ExitStack) -> None:
    """R3: what was there already is not read back."""
    honest = Vault._proven

    def proven(self: Vault, store: Any, name: str, receipt: Receipt, *rest: Any) -> Any:
        if receipt.existed:
            return receipt, False
        return honest(self, store, name, receipt, *rest)

    stack.enter_context(patch.object(Vault, "_proven", proven))


def no_heal(stack: ExitStack) -> None:
    """R7: bad bytes are found, and stay."""
    stack.enter_context(
        patch.object(FolderStore, "put_healed", FolderStore.put_once)  # which changes nothing there
    )


def no_replica(stack: ExitStack) -> None:
    """One copy is made and counted twice."""

    def keep(self: Vault, key: str, content: bytes, sha256: str) -> Kept:
        one = self.primary.put_once(key, content, sha256)
        one, healed = self._proven(self.primary, "primary", one, content, None)
        self._at("kept")
        kept = Kept(key, sha256, len(content), one, one, healed, replica_healed=False)
        self._register.enter(kept)
        return kept

    stack.enter_context(patch.object(Vault, "keep_object", keep))


def catalog_first(stack: ExitStack) -> None:
    """A page is entered before it is stored."""

    def store_late(
        intake: Intake, arrival: Delivery, inspected: Any, claimed: ClaimedFile, *rest: Any
    ) -> Kept:
        none: Any = SimpleNamespace(versions={})
        stored = _stored(ProvedPage(arrival, inspected, claimed, none, none))
        intake.parts.catalog.pages.enter([admitted(arrival, stored)])
        return store(intake, arrival, inspected, claimed, *rest)

    stack.enter_context(patch.object(take_in, "store", store_late))


def delete_first(stack: ExitStack) -> None:
    """R6: the source goes as soon as it is in the spool."""

    def claim_all(*values: Any) -> Any:
        claimed = claim(*values)
        if isinstance(claimed, ClaimedFile):
            release(claimed)
        return claimed

    stack.enter_context(patch.object(take_in, "claim", claim_all))


def release_before_commit(stack: ExitStack) -> None:
    """A page leaves the inbox before it is entered."""

    def admit_released(arrival: Delivery, inspected: Any, claimed: ClaimedFile, *rest: Any) -> Any:
        release(claimed)
        return admit(arrival, inspected, claimed, *rest)

    stack.enter_context(patch.object(take_in, "admit", admit_released))


def overwrite_in_place(stack: ExitStack) -> None:
    """An object is written under its lasting name; its second half comes with the next act."""
    pending: list[tuple[Path, bytes]] = []
    honest = FolderStore.read

    def put(self: FolderStore, key: str, content: bytes, sha256: str, lock: Any = None) -> Receipt:
        path = self._path_for_writing(key)
        path.write_bytes(content[: len(content) // 2])
        pending.append((path, content))
        return Receipt(key, None, len(content), sha256, existed=False)

    def read(self: FolderStore, key: str, version_id: str | None = None) -> bytes:
        while pending:
            path, content = pending.pop()
            path.write_bytes(content)
        return honest(self, key, version_id)

    stack.enter_context(patch.multiple(FolderStore, put_once=put, read=read))


def identity_of_the_run(stack: ExitStack) -> None:
    """R8: the same delivery has another identity in each run."""

    def identity(self: Delivery) -> str:
        return digest(f"{self.batch.name} {self.name} {os.getpid()}".encode())

    stack.enter_context(patch.object(Delivery, "id", property(identity)))


def log_outside(stack: ExitStack) -> None:
    """R5: a page is entered in one transaction, the act in the next."""
    late: list[Any] = []

    def enter_logged(intake: Intake, *values: Any) -> None:
        _enter(intake, *values)
        with intake.parts.catalog._engine.begin() as connection:
            log.append_all(connection, late)
            late.clear()

    stack.enter_context(patch("catalog.pages.append_all", lambda _, acts: late.extend(acts)))
    stack.enter_context(patch("flows.enter_pages._enter", enter_logged))


def debt_late(stack: ExitStack) -> None:
    """A debt waits for the next commit of the register."""

    def enter(self: register.BatchedRegister, kept: Kept) -> None:
        self._waiting.append(register._registered(kept))

    stack.enter_context(patch.object(register.BatchedRegister, "enter", enter))


def bundle_entered_first(stack: ExitStack) -> None:
    """R4: a bundle counts before it is kept."""

    def keep_changes(bundles: Any, vault: Vault, at: Callable[[str], None] = lambda _: None) -> int:
        while bundle := bundles.next():
            at("bundle_made")
            bundles.enter(bundle)
            at("bundle_kept")
            vault.keep_note(NoteKind.CATALOG, bundle.content)
            at("bundle_entered")
        return 0

    stack.enter_context(patch.object(bundling, "keep_changes", keep_changes))


def claim_unfinished(stack: ExitStack) -> None:
    """R1: a file that someone still writes is taken."""
    stack.enter_context(patch("ingest.inbox._has_no_writer", lambda _: True))


def no_sweep(stack: ExitStack) -> None:
    """R10: objects and register are never held against each other."""
    stack.enter_context(patch("flows.sweep.sweep", lambda *_, **__: Swept()))


def shallow_verification(stack: ExitStack) -> None:
    """A size is taken for the bytes."""

    def examine(self: Fixity, wanted: Wanted, depth: Depth) -> Verdict:
        return Verdict(wanted, tuple(Look(place, CopyState.INTACT) for place in wanted.places))

    stack.enter_context(patch.object(Fixity, "examine", examine))


def receipts_once(stack: ExitStack) -> None:
    """A receipt that both stores lost is not made again."""
    stack.enter_context(patch("flows.sweep._cross_receipts", lambda *_: None))


SIMULATED: tuple[Sabotage, ...] = (
    *(trust_the_answer, no_replica, delete_first, release_before_commit),
    *(log_outside, no_sweep, shallow_verification, receipts_once),
)
"""Rules whose turning off simulated worlds notice.

Not ``catalog_first``: who dies between entering and storing has the page in the spool, and the next night
puts it into the stores; only looking at the moment of death notices.
"""


def few_copies_are_enough(stack: ExitStack) -> None:
    """CG-17.3e: an online copy goes although too few proven ones are left."""
    stack.enter_context(patch("flows.lifecycle._too_few", lambda *_: None))


SABOTAGE: tuple[tuple[Sabotage, str, str, str], ...] = (
    (trust_the_answer, "take in a folder", "stored", "none"),
    (trust_412, "take in a folder", "stored", "none"),
    (no_heal, "take in a folder", "stored", "none"),
    (no_replica, "take in a folder", "stored", "none"),
    (catalog_first, "take in an inbox", "primary_put", "none"),
    (delete_first, "take in an inbox", "claimed", "none"),
    (release_before_commit, "take in an inbox", "stored", "none"),
    (overwrite_in_place, "take in an inbox", "replica_put", "none"),
    (identity_of_the_run, "take in an inbox", "entered", "none"),
    (log_outside, "take in an inbox", "entered", "none"),
    (debt_late, "take in owing", "entered", "none"),
    (bundle_entered_first, "bundle the catalog", "bundle_kept", "none"),
    (claim_unfinished, "take in a folder", "claimed", "slow writer"),
    (no_sweep, "take in an inbox", "entered", "none"),
    (shallow_verification, "verify and repair", "fault_found", "full disk"),
    (few_copies_are_enough, "remove where too few are left", "removal_due", "none"),
)
"""Rule turned off, the procedure that should notice, the step to be killed at, the fault."""
