"""The copies of everything kept, as people are told of them."""

import json
from pathlib import Path

import pytest

from catalog.storage_status import storage_status
from flows.admit_page import Intake
from flows.listings import cross_listings
from flows.parts import Parts
from flows.register import BatchedRegister
from flows.stores import Stores
from flows.take_in import take_in
from pipeline.copies import CopyState, Place
from pipeline.model import Batch
from storage.store import NoteKind, digest, note_key, object_key, sha256_of_key, text_key
from storage.vault import Vault
from tests.flows.conftest import Run, Silent


def states(parts: Parts) -> dict[Place, dict[CopyState, int]]:
    return {one.place: dict(one.states) for one in storage_status(parts.catalog, 90).places}


def test_everything_that_is_taken_in_is_in_the_register(
    intake: Intake,
    register: BatchedRegister,
    scans: Path,
    batch: Batch,
    progress: Silent,
    run: Run,
) -> None:
    copies, vault = intake.parts.catalog.copies, intake.stores.vault
    take_in(intake, scans, batch, progress)
    register.flush()
    held = {*vault.primary.iter_keys("")}
    assert copies.known(sorted(held)) == held
    status = storage_status(intake.parts.catalog, 90)
    assert status.objects == len(held) > 0
    assert states(intake.parts) == {
        Place.PRIMARY: {CopyState.INTACT: len(held)},
        Place.REPLICA: {CopyState.INTACT: len(held)},
        Place.COLD: {},
    }
    told = json.loads(run("storage", "status", "--json").stdout)
    assert told["places"]["replica"]["objects"] == len(held)
    assert told["bytes"] == sum(
        head.byte_count for key in held if (head := vault.primary.head(key))
    )
    assert f"{len(held)} read and whole" in run("storage", "status").stdout


def test_what_an_older_version_stored_is_adopted_once(parts: Parts, stores: Stores) -> None:
    """Listed by both, by one, and under a name that is not ours: only the last is left alone."""
    copies, held = parts.catalog.copies, stores.vault
    plain = Vault(held.primary, held.replica)
    both = plain.keep_note(NoteKind.DECISION, b"{}")
    only = b"in the replica alone"
    held.replica.put_once(object_key(digest(only)), only, digest(only))
    held.primary.put_once("lost+found/notes.txt", b"", digest(b""))
    first = cross_listings(held, parts.catalog)
    assert (first.adopted, first.gaps, first.foreign_keys) == (
        2,
        [object_key(digest(only))],
        ["lost+found/notes.txt"],
    )
    assert cross_listings(held, parts.catalog).adopted == 0
    assert copies.known([both.key]) == {both.key}
    assert copies.total() == (2, len(b"{}") + len(only))
    assert states(parts) == {
        Place.PRIMARY: {
            CopyState.LISTED: 1
        },  # of the other nothing is said before it was looked for
        Place.REPLICA: {CopyState.LISTED: 2},
        Place.COLD: {},
    }


def test_a_batch_is_entered_when_it_is_full_and_at_the_end(
    parts: Parts, stores: Stores, register: BatchedRegister
) -> None:
    for number in range(65):
        stores.vault.keep_note(NoteKind.CATALOG, b"%d" % number)
    assert parts.catalog.copies.total()[0] == 64
    register.flush()
    register.flush()
    assert parts.catalog.copies.total()[0] == 65


@pytest.mark.parametrize(
    ("key", "ours"),
    [
        (object_key("ab" * 32), True),
        (text_key("ab" * 32), True),
        (note_key(NoteKind.RECEIPT, "ab" * 32), True),
        ("obj/cd/" + "ab" * 32, False),
        ("客户/资料.pdf", False),
    ],
)
def test_a_key_tells_whether_it_is_ours(key: str, ours: bool) -> None:
    assert sha256_of_key(key) == ("ab" * 32 if ours else None)
