"""kill -9 at every named step of taking in: nothing is lost, doubled or half-entered (plan T1)."""

import hashlib
import signal
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from flows.parts import Parts
from flows.stores import Stores
from flows.take_in import STEPS
from pipeline.copies import CopyState
from storage import vault
from storage.store import NoteKind

DAY = date(2026, 11, 19)
PROGRAM = Path(__file__).with_name("killed_intake.py")
SELDOM = {"primary_heal", "replica_heal"}
"""Steps that only a store with wrong bytes leads to; storage's own tests go there."""
ALL_STEPS = [step for step in (*STEPS, *vault.STEPS) if step not in SELDOM]


def run(parts: Parts, scans: Path, step: str, nth: int, *, moving: bool) -> int:
    arguments = [str(parts.workspace.folder), str(scans), step, str(nth), "yes" if moving else "no"]
    return subprocess.run([sys.executable, PROGRAM, *arguments], check=False).returncode


@pytest.mark.slow
@pytest.mark.parametrize("moving", [False, True], ids=["folder", "inbox"])
@pytest.mark.parametrize("step", ALL_STEPS)
def test_a_kill_at_any_step_loses_and_doubles_nothing(
    parts: Parts, stores: Stores, scans: Path, step: str, moving: bool
) -> None:
    if step == "released" and not moving:
        pytest.skip("a folder is never released")
    delivered = {path.name: path.read_bytes() for path in scans.iterdir()}
    codes = [run(parts, scans, step, nth, moving=moving) for nth in (1, 2)]
    assert codes[0] == -signal.SIGKILL, "the step was not reached"
    assert run(parts, scans, "never", 1, moving=moving) == 0

    pages = parts.catalog.pages.of_day(DAY, "3301")
    assert Counter(page.name for page in pages) == Counter(list(delivered))
    for page in pages:
        digest = hashlib.sha256(delivered[page.name]).hexdigest()
        assert page.page_id == digest
        if page.state == "refused":
            place = parts.catalog.pages.quarantined(page.delivery_id)
            kept = parts.workspace.quarantine / str(place)
            assert kept.read_bytes() == delivered[page.name]
        else:
            proof = stores.vault.verify(digest)
            assert (proof.primary, proof.replica) == (CopyState.INTACT, CopyState.INTACT)
    receipts = list(stores.vault.notes(NoteKind.RECEIPT))
    assert len(receipts) == sum(page.state != "refused" for page in pages)
    assert parts.catalog.first_broken_log_entry() is None
    left = {path.name for path in scans.iterdir()}
    assert left == (set() if moving else set(delivered))
