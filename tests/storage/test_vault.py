"""Two copies, proven; with stores that lie, fail and are killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from pipeline.errors import Corrupt, Denied, NotFound, StoreError, Unavailable
from pipeline.errors import Protocol as Senseless
from storage.folder import FolderStore
from storage.store import NoteKind, Store, digest, note_key, object_key, text_key
from storage.vault import STEPS, Vault
from tests.kept import both

PAGE = b"the bytes of a page"
SHA = digest(PAGE)


class Liar(Store, Protocol):
    lie: str
    refuses: type[StoreError] | None
    honest: Store


@pytest.fixture
def primary(make_liar: Callable[[str], Liar]) -> Liar:
    return make_liar("primary")


@pytest.fixture
def replica(make_liar: Callable[[str], Liar]) -> Liar:
    return make_liar("replica")


@pytest.fixture
def vault(primary: Liar, replica: Liar) -> Vault:
    return Vault(primary, replica)


def is_whole(*stores: Liar) -> bool:
    return all(store.honest.read(object_key(SHA)) == PAGE for store in stores)


def test_a_page_is_kept_twice_and_again_without_effect(
    vault: Vault, primary: Liar, replica: Liar
) -> None:
    first, again = vault.keep(PAGE, SHA), vault.keep(PAGE, SHA)
    assert first.replica is not None and again.replica is not None
    assert (first.primary.existed, first.replica.existed, first.healed) == (False, False, False)
    assert (again.primary.existed, again.replica.existed, again.healed) == (True, True, False)
    assert is_whole(primary, replica)
    assert vault.read(SHA) == PAGE


def test_a_searchable_derivative_is_kept_twice_by_its_own_name(
    vault: Vault, primary: Liar, replica: Liar
) -> None:
    kept = vault.keep_text(b"%PDF")
    assert vault.keep_text(b"%PDF").primary.existed
    assert kept.key == text_key(digest(b"%PDF")) == f"text/{kept.sha256[:2]}/{kept.sha256}.pdf"
    for store in (primary, replica):
        assert store.honest.read(kept.key) == b"%PDF"
    assert vault.read_text(kept.sha256) == b"%PDF"


def test_bytes_that_are_not_their_name_go_nowhere(vault: Vault, primary: Liar) -> None:
    with pytest.raises(Corrupt, match="scan the page again"):
        vault.keep(PAGE + b"!", SHA)
    assert list(primary.iter_keys("")) == []


@pytest.mark.requirement("CG-08c")
@pytest.mark.parametrize("who", ["primary", "replica"])
@pytest.mark.parametrize(
    "lie", ["flips a bit once", "loses the write", "says it has it", "fails on one key"]
)
def test_a_lie_is_found_by_reading_back_and_healed(
    vault: Vault, primary: Liar, replica: Liar, who: str, lie: str
) -> None:
    """R6 finds it, R7 heals it."""
    liar = {"primary": primary, "replica": replica}[who]
    liar.lie = lie
    kept = vault.keep(PAGE, SHA)
    assert (kept.primary_healed, kept.replica_healed) == (who == "primary", who == "replica")
    assert is_whole(primary, replica)


@pytest.mark.parametrize("who", ["primary", "replica"])
def test_a_heal_whose_answer_was_lost_is_found_and_told_as_one(
    vault: Vault, primary: Liar, replica: Liar, who: str
) -> None:
    """No second version beside it, and the alarm that the store had other bytes is raised."""
    liar = {"primary": primary, "replica": replica}[who]
    key = object_key(SHA)
    liar.honest.put_once(key, b"other", digest(b"other"))
    liar.lie = "heals, but times out"
    kept = vault.keep(PAGE, SHA)
    assert (kept.primary_healed, kept.replica_healed) == (who == "primary", who == "replica")
    assert is_whole(primary, replica)
    assert len(liar.honest.versions(key)) == 2, "the bad one and the good one"
    assert not vault.keep(PAGE, SHA).healed


@pytest.mark.parametrize("lie", ["flips always", "gives stale bytes", "lost it"])
def test_a_store_that_cannot_be_healed_is_not_believed(
    vault: Vault, replica: Liar, lie: str
) -> None:
    replica.lie = lie
    with pytest.raises(Corrupt, match="lying folder"):
        vault.keep(PAGE, SHA)


@pytest.mark.parametrize("who", ["primary", "replica"])
def test_with_one_store_down_nothing_is_kept_and_the_next_run_completes(
    vault: Vault, primary: Liar, replica: Liar, who: str
) -> None:
    liar = {"primary": primary, "replica": replica}[who]
    liar.lie = "is down"
    with pytest.raises(Unavailable):
        vault.keep(PAGE, SHA)
    with pytest.raises(Unavailable):
        vault.check()
    liar.lie = ""
    vault.keep(PAGE, SHA)
    vault.check()
    assert is_whole(primary, replica)


@pytest.mark.parametrize("lie", ["is down", "lost it", "gives stale bytes"])
def test_reading_falls_back_to_the_replica(vault: Vault, primary: Liar, lie: str) -> None:
    vault.keep(PAGE, SHA)
    primary.lie = lie
    assert vault.read(SHA) == PAGE


@pytest.mark.parametrize(
    ("primary_lie", "replica_lie", "kind"),
    [
        ("lost it", "lost it", NotFound),
        ("lost it", "is down", Unavailable),
        ("is down", "lost it", Unavailable),
        ("gives stale bytes", "lost it", Corrupt),
        ("lost it", "gives stale bytes", Corrupt),
    ],
)
def test_missing_is_said_only_when_both_say_so(
    vault: Vault,
    primary: Liar,
    replica: Liar,
    primary_lie: str,
    replica_lie: str,
    kind: type[StoreError],
) -> None:
    vault.keep(PAGE, SHA)
    primary.lie, replica.lie = primary_lie, replica_lie
    with pytest.raises(kind):
        vault.read(SHA)


def test_a_note_is_kept_twice_by_its_own_name(vault: Vault, primary: Liar, replica: Liar) -> None:
    kept = [vault.keep_note(NoteKind.RECEIPT, b'{"batch": "20261119-01"}') for _ in range(2)]
    assert {one.key for one in kept} == {note_key(NoteKind.RECEIPT, kept[0].sha256)}
    for store in (primary, replica):
        assert list(store.honest.iter_keys("receipt/")) == [kept[0].key]


@pytest.mark.parametrize("who", ["primary", "replica"])
@pytest.mark.parametrize("failure", [Denied, Unavailable, Senseless])
def test_what_is_no_evidence_of_rot_makes_no_second_version(
    vault: Vault,
    primary: Liar,
    replica: Liar,
    who: str,
    failure: type[StoreError],
) -> None:
    """A version put again over a good one would be locked for a year."""
    liar = {"primary": primary, "replica": replica}[who]
    liar.refuses = failure
    with pytest.raises(failure):
        vault.keep(PAGE, SHA)
    liar.refuses = None
    kept = vault.keep(PAGE, SHA)
    assert not kept.healed
    for store in (primary, replica):
        assert len(store.honest.versions(object_key(SHA))) == 1


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_the_next_run_completes(tmp_path: Path, step: str) -> None:
    """R8; the primary holds damaged bytes first, so that the healing steps are walked too."""
    primary, replica = (FolderStore(tmp_path / name) for name in ("primary", "replica"))
    for store in (primary, replica):
        store.ensure_folder()
        store.put_once(object_key(SHA), b"damaged", SHA)
    program = f"""
import os, signal, sys
from pathlib import Path
from storage.folder import FolderStore
from storage.vault import Vault
def at(step):
    if step == {step!r}:
        os.kill(os.getpid(), signal.SIGKILL)
stores = [FolderStore(Path(sys.argv[1]) / name) for name in ("primary", "replica")]
Vault(*stores, at=at).keep({PAGE!r}, {SHA!r})
"""
    died = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert died.returncode == -9
    vault = Vault(primary, replica)
    vault.keep(PAGE, SHA)
    assert both(vault, SHA) == (PAGE, PAGE)
    damaged = [path.read_bytes() for path in tmp_path.rglob(".damaged/obj/*/*")]
    assert damaged == [b"damaged", b"damaged"]
