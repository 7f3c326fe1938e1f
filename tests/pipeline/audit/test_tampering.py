"""T8: whatever is done to a small log is found, but behind its last checkpoint.

The tamperer may write what he likes and knows every rule but the signer's key: he names objects by their new
content, and chains entries anew.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from pipeline import merkle
from pipeline.audit.entry import FIRST, Entry, canonical, told
from pipeline.audit.note import Checkpoint, LogKey
from pipeline.audit.proving import Held, Kind, Proved, Prover, Row, Tampering, against_rows
from pipeline.signature import Signer

SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
KEY = LogKey("test", bytes.fromhex(SIGNER.sign(b"").public_key))
SIZE, SIGNED = 12, (5, 10)
"""Entries, and where checkpoints stand: 11 and 12 are behind the last."""
SPANS = ((0, 3), (3, 5), (5, 10), (10, 12))


def chained(subjects: Sequence[str], start: int = 1, prev: str = FIRST) -> list[bytes]:
    bodies = []
    for seq, subject in enumerate(subjects, start=start):
        body = canonical(
            told(seq, prev, "2026-11-19T08:00Z", who="李四", act="page.view", subject=subject)
        )
        bodies.append(body)
        prev = sha256(body).hexdigest()
    return bodies


LOG = chained([f"p{number}" for number in range(SIZE)])


def held(content: bytes, kind: Kind) -> Held:
    name = sha256(content).hexdigest()
    return Held(f"audit/{name[:2]}/{name}.{kind}", name, kind, content)


def spans(bodies: Sequence[bytes]) -> list[Held]:
    parts = (bodies[start:end] for start, end in SPANS)
    return [held(b"".join(one + b"\n" for one in part), Kind.ENTRIES) for part in parts if part]


def note(size: int, bodies: Sequence[bytes] = LOG) -> bytes:
    root = merkle.Tree([merkle.leaf(one) for one in bodies[:size]]).root
    return Checkpoint(KEY.name, size, root).signed(SIGNER)


@cache
def _checkpoints() -> tuple[Held, ...]:
    return tuple(held(note(size), Kind.CHECKPOINT) for size in SIGNED)


def checkpoints() -> list[Held]:
    return [*_checkpoints()]


def proved(objects: Sequence[Held]) -> Proved:
    prover = Prover(KEY)
    for one in objects:
        prover.take(one)
    return prover.proved()


def kinds(objects: Sequence[Held]) -> set[Tampering]:
    return {fault.kind for fault in proved(objects).faults}


def rows(bodies: Sequence[bytes]) -> list[Row]:
    read = map(Entry.read, bodies)
    return [Row(one.seq, one.prev, one.body.decode(), one.sha256) for one in read]


def test_a_whole_log_has_no_fault_in_whatever_order_its_objects_come() -> None:
    objects = [*checkpoints(), *reversed(spans(LOG))]
    found = proved(objects)
    assert found.faults == ()
    assert (len(found.leaves), found.size, found.unproved) == (12, 10, 2)
    assert found.last == sha256(LOG[-1]).hexdigest()
    assert against_rows(found, rows(LOG)) == ((), 0)


def test_objects_that_agree_may_tell_of_the_same_entries() -> None:
    """What a signer leaves that was killed between keeping entries and signing."""
    again = held(b"".join(one + b"\n" for one in LOG[3:9]), Kind.ENTRIES)
    inside = held(LOG[6] + b"\n", Kind.ENTRIES)
    assert proved([*spans(LOG), again, inside, *checkpoints()]).faults == ()


@pytest.mark.requirement("CG-25")
def test_every_flipped_byte_of_every_entry_is_found_in_place() -> None:
    for number, one in enumerate(spans(LOG)):
        assert one.content
        others = [other for index, other in enumerate(spans(LOG)) if index != number]
        for place in range(len(one.content)):
            flipped = _flipped(one.content, place, 1 << place % 8)
            assert kinds([*others, *checkpoints(), replace(one, content=flipped)])


def test_every_flipped_byte_is_found_though_its_object_is_named_anew() -> None:
    for place in range(sum(map(len, LOG[:10])) + 10):
        whole = b"".join(one + b"\n" for one in LOG[:10])
        forged = held(_flipped(whole, place, 1), Kind.ENTRIES)
        assert kinds([forged, *checkpoints()]), place


def test_every_flipped_bit_of_every_checkpoint_is_found() -> None:
    whole = spans(LOG)
    for one, other in (checkpoints(), checkpoints()[::-1]):
        assert one.content
        for place in range(len(one.content)):
            for bit in range(8):
                forged = held(_flipped(one.content, place, 1 << bit), Kind.CHECKPOINT)
                assert Tampering.UNSIGNED in kinds([*whole, forged, other])


@pytest.mark.parametrize("number", range(10))
def test_every_change_is_found_however_well_it_is_hidden(number: int) -> None:
    """Deleted, deleted and renumbered, swapped, changed and chained anew: each entry before a checkpoint."""
    subjects = [f"p{index}" for index in range(SIZE)]
    without = [one for index, one in enumerate(LOG) if index != number]
    renumbered = chained([one for index, one in enumerate(subjects) if index != number])
    swapped = [*LOG]
    swapped[number], swapped[number + 1] = LOG[number + 1], LOG[number]
    reordered = [*subjects]
    reordered[number], reordered[number + 1] = subjects[number + 1], subjects[number]
    rechained = [*subjects]
    rechained[number] = "forged"
    alone = [*LOG]
    alone[number] = canonical({**json.loads(LOG[number]), "subject": "forged"})
    forgeries = (without, renumbered, swapped, chained(reordered), chained(rechained), alone)
    for forged in forgeries:
        assert kinds([*spans(forged), *checkpoints()])
        faults, _ = against_rows(proved([*spans(LOG), *checkpoints()]), _as_rows(forged))
        assert faults


@pytest.mark.parametrize("left", range(10))
def test_a_log_that_was_cut_is_found(left: int) -> None:
    assert Tampering.CUT in kinds([*spans(LOG[:left]), *checkpoints()])
    faults, _ = against_rows(proved([*spans(LOG), *checkpoints()]), rows(LOG[:left]))
    assert faults[-1].kind is Tampering.MISSING


def test_a_log_that_was_cut_with_its_checkpoints_is_found_by_one_kept_elsewhere() -> None:
    objects = [*spans(LOG[:5]), checkpoints()[0]]
    assert kinds(objects) == set()
    prover = Prover(KEY)
    for one in objects:
        prover.take(one)
    known = KEY.opened(note(10))
    assert known
    prover.take_known(known)
    assert {one.kind for one in prover.proved().faults} == {Tampering.CUT}


def test_two_tales_of_one_entry_are_found_though_both_lie_in_the_store() -> None:
    """A locked object stays when a forged one is put beside it."""
    subjects = ["p0", "forged", *(f"p{number}" for number in range(2, SIZE))]
    forged = spans(chained(subjects))
    assert Tampering.TWICE in kinds([*spans(LOG), *forged, *checkpoints()])


def test_a_signer_who_signs_two_logs_is_found() -> None:
    forged = held(note(10, chained(["x"] * 10)), Kind.CHECKPOINT)
    assert Tampering.CHANGED in kinds([*spans(LOG), *checkpoints(), forged])


def test_what_was_deleted_or_never_signed_is_found() -> None:
    gone = replace(spans(LOG)[1], content=None)
    assert Tampering.MISSING in kinds([*spans(LOG), *checkpoints(), gone])
    assert kinds(spans(LOG)) == {Tampering.UNSIGNED}
    others = [one for index, one in enumerate(spans(LOG)) if index != 1]
    assert {Tampering.MISSING, Tampering.CUT} <= kinds([*others, *checkpoints()])


def test_a_forged_number_costs_no_memory() -> None:
    far = canonical(told(10**15, FIRST, "2026", who="x", act="y", subject="z"))
    assert Tampering.MISSING in kinds(
        [*spans(LOG), *checkpoints(), held(far + b"\n", Kind.ENTRIES)]
    )
    below = canonical(told(-3, FIRST, "2026", who="x", act="y", subject="z"))
    assert kinds([*spans(LOG), *checkpoints(), held(below + b"\n", Kind.ENTRIES)])


def test_the_window_behind_the_last_checkpoint_is_told_and_is_all_that_is_not_found() -> None:
    """By design: who rewrites entries that nobody signed yet, before they are kept, leaves no trace."""
    forged = chained(["forged"], 11, sha256(LOG[9]).hexdigest())
    objects = [*spans([*LOG[:10], *forged]), *checkpoints()]
    assert kinds(objects) == set()
    assert proved(objects).unproved == 1


@pytest.mark.requirement("CG-25")
@pytest.mark.parametrize("column", ["body", "sha256", "prev", "seq"])
@pytest.mark.parametrize("number", range(SIZE))
def test_an_edited_row_of_the_database_is_found(number: int, column: str) -> None:
    edited = rows(LOG)
    row = edited[number]
    forged: dict[str, Any] = {
        "body": row.body.replace("李四", "王五"),
        "sha256": "0" * 64,
        "prev": "1" * 64,
        "seq": row.seq + 100,
    }
    edited[number] = replace(row, **{column: forged[column]})
    faults, _ = against_rows(proved([*spans(LOG), *checkpoints()]), edited)
    assert faults


@pytest.mark.parametrize("number", range(SIZE))
def test_a_deleted_row_of_the_database_is_found(number: int) -> None:
    left = [row for row in rows(LOG) if row.seq != number + 1]
    faults, _ = against_rows(proved([*spans(LOG), *checkpoints()]), left)
    assert Tampering.MISSING in {one.kind for one in faults}


def test_rows_that_no_object_holds_yet_are_counted() -> None:
    found = proved([*spans(LOG[:10]), *checkpoints()])
    assert against_rows(found, rows(LOG)) == ((), 2)


@given(st.binary(max_size=200), st.sampled_from(Kind))
def test_no_bytes_break_the_search(content: bytes, kind: Kind) -> None:
    found = proved([*spans(LOG), *checkpoints(), held(content, kind)])
    assert found.faults
    assert found.size == 10


def _flipped(content: bytes, place: int, bits: int) -> bytes:
    return content[:place] + bytes([content[place] ^ bits]) + content[place + 1 :]


def _as_rows(bodies: Sequence[bytes]) -> list[Row]:
    """As rows numbered by their places, whatever the bodies say."""
    return [replace(row, seq=place) for place, row in enumerate(rows(bodies), start=1)]
