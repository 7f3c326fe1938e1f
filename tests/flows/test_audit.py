"""Signing the log, proving it from the stores, and refusing to sign another one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.audit import Wanted
from catalog.log import append
from flows.log_reading import in_folder, in_store, prove
from flows.log_signing import (
    STEPS,
    AuditKey,
    Memory,
    Refused,
    Signing,
    key_file,
    public_file,
    sign,
)
from flows.parts import Parts
from flows.stores import Stores
from pipeline.audit.proving import Proved, Tampering, against_rows
from pipeline.errors import UserError
from pipeline.signature import Signer
from storage.folder import FolderStore
from storage.store import digest

from .conftest import Run, Silent


@pytest.fixture
def signing(parts: Parts, stores: Stores) -> Signing:
    folder = parts.workspace.audit(parts.settings)
    Signer.of(key_file(folder))
    key = AuditKey.of(folder, parts.settings.audit.name)
    public_file(folder).write_text(f"{key.public}\n", "utf-8")
    return Signing(parts.catalog.audit, stores.vault, key, folder, Silent())


def act(parts: Parts, count: int, who: str = "李四") -> None:
    with parts.catalog._engine.begin() as connection:
        for number in range(count):
            append(connection, who, "page.view", f"p{number}", purpose="复核")


def proved(signing: Signing) -> tuple[Proved, Proved]:
    vault, key = signing.vault, signing.key.public
    first, second = (
        prove(in_store(store), key, (), Silent()) for store in (vault.primary, vault.replica)
    )
    return first, second


def edit(parts: Parts, statement: str) -> None:
    with parts.catalog._engine.begin() as connection:
        connection.exec_driver_sql(statement)


def files(store: object, suffix: str) -> list[Path]:
    assert isinstance(store, FolderStore)
    return sorted((store._root / "audit").rglob(f"*.{suffix}"))


@pytest.mark.requirement("CG-25")
def test_both_stores_prove_what_was_signed_and_nothing_new_is_signed_once(
    signing: Signing, parts: Parts
) -> None:
    act(parts, 3)
    signed = sign(signing)
    assert signed and signed.size == 3
    assert sign(signing) is None
    act(parts, 2)
    for found in proved(signing):
        assert (found.faults, found.newest, len(found.leaves)) == ((), signed, 3)
        assert against_rows(found, parts.catalog.audit.rows()) == ((), 2)
    signed = sign(signing)
    assert [one.newest for one in proved(signing)] == [signed, signed]
    assert [one.size for one in parts.catalog.audit.checkpoints()] == [3, 5]


def test_an_empty_log_has_no_checkpoint(signing: Signing, parts: Parts) -> None:
    assert sign(signing) is None
    assert list(in_store(signing.vault.primary)) == []
    act(parts, 1)
    assert sign(signing)


def test_objects_end_at_each_256_entries_and_at_a_checkpoint(
    signing: Signing, parts: Parts
) -> None:
    act(parts, 100)
    sign(signing)
    act(parts, 500)
    sign(signing)
    lines = [path.read_bytes().splitlines() for path in files(signing.vault.primary, "jsonl")]
    spans = sorted((json.loads(one[0])["seq"], json.loads(one[-1])["seq"]) for one in lines)
    assert spans == [(1, 100), (101, 256), (257, 512), (513, 600)]


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_the_next_signing_completes_it(
    signing: Signing, parts: Parts, step: str
) -> None:
    def die(at: str) -> None:
        if at == step:
            raise KeyboardInterrupt

    act(parts, 5)
    with pytest.raises(KeyboardInterrupt):
        sign(replace(signing, at=die))
    act(parts, 5)
    signed = sign(signing)
    for found in proved(signing):
        assert (found.faults, found.newest) == ((), signed)
        assert found.size == 10


def test_a_signer_that_lost_its_memory_goes_on_from_the_stores(
    signing: Signing, parts: Parts
) -> None:
    act(parts, 3)
    sign(signing)
    before = Memory.read(signing.memory)
    signing.memory.unlink()
    sign(signing)
    assert Memory.read(signing.memory) == before
    signing.memory.unlink()
    act(parts, 2)
    signed = sign(signing)
    assert signed and signed.size == 5
    assert [one.faults for one in proved(signing)] == [(), ()]


FORGERIES = (
    "UPDATE log SET body = replace(body, '李四', '王五') WHERE seq = 3",
    "UPDATE log SET body = replace(body, '李四', '王五') WHERE seq = 5",
    "DELETE FROM log WHERE seq >= 3",
    "DELETE FROM log WHERE seq = 4",
    "UPDATE log SET prev = '00', body = replace(body, '\"prev\":\"', '\"prev\":\"00') WHERE seq = 4",
)


@pytest.mark.parametrize("forgery", FORGERIES)
@pytest.mark.parametrize("remembers", [True, False])
def test_a_log_that_does_not_go_on_from_the_signed_one_is_not_signed(
    signing: Signing, parts: Parts, forgery: str, remembers: bool
) -> None:
    act(parts, 3)
    sign(signing)
    act(parts, 2)
    edit(parts, forgery)
    if not remembers:
        signing.memory.unlink()
    before = files(signing.vault.primary, "checkpoint")
    if "seq = 5" in forgery:  # the window behind the last checkpoint: nobody can know
        assert sign(signing)
        return
    with pytest.raises(Refused, match=r"Entry \d of the log is not what was signed"):
        sign(signing)
    assert files(signing.vault.primary, "checkpoint") == before


@pytest.mark.parametrize("suffix", ["jsonl", "checkpoint"])
def test_what_is_done_to_objects_in_one_store_is_found_there_until_it_is_repaired(
    signing: Signing, parts: Parts, suffix: str
) -> None:
    act(parts, 3)
    sign(signing)
    [path] = files(signing.vault.primary, suffix)
    whole, name = path.read_bytes(), path.relative_to(signing.vault.primary._root)  # type: ignore[attr-defined]
    path.chmod(0o644)
    path.write_bytes(whole[:-2] + b"x\n")
    primary, replica = proved(signing)
    assert Tampering.CHANGED in {one.kind for one in primary.faults}
    assert replica.faults == ()
    signing.vault.primary.put_healed(str(name), whole, digest(whole))
    assert proved(signing)[0].faults == ()
    path.unlink()
    assert proved(signing)[0].faults


def test_a_copy_in_a_folder_proves_the_log_without_workspace(
    signing: Signing, parts: Parts, run: Run
) -> None:
    act(parts, 3)
    sign(signing)
    store = signing.vault.replica
    assert isinstance(store, FolderStore)
    assert prove(in_folder(store._root), signing.key.public, (), Silent()).size == 3
    asked = ("audit", "verify", "--from", str(store._root), "--key", str(signing.key.public))
    told = run(*asked)
    assert told.exit_code == 0, told.output
    assert "3 entries, 3 of them proved by paperproof-log" in told.stdout
    [path] = files(store, "checkpoint")
    path.unlink()
    told = run(*asked)
    assert told.exit_code == 1
    assert "No checkpoint proves any entry" in told.stdout


def test_a_checkpoint_on_paper_proves_that_the_newest_entries_are_gone(
    signing: Signing, parts: Parts, run: Run, tmp_path: Path
) -> None:
    act(parts, 3)
    sign(signing)
    act(parts, 2)
    sign(signing)
    store = signing.vault.replica
    assert isinstance(store, FolderStore)
    newest = parts.catalog.audit.checkpoints()[-1]
    kept = tmp_path / "checkpoint.txt"
    kept.write_bytes(newest.note)
    for path in (*files(store, "checkpoint"), *files(store, "jsonl")):
        if newest.sha256 in path.name or b'"seq":4' in path.read_bytes():
            path.unlink()
    asked = ("audit", "verify", "--from", str(store._root))
    assert run(*asked).exit_code == 0
    told = run(*asked, "--known", str(kept))
    assert told.exit_code == 1
    assert "5 entries were signed, and only 3 are there" in told.stdout
    kept.write_bytes(newest.note[:-3] + b"A=\n")
    assert isinstance(run(*asked, "--known", str(kept)).exception, UserError)


@pytest.mark.requirement("CG-25")
def test_entries_are_listed_by_who_act_thing_and_day(parts: Parts, run: Run) -> None:
    act(parts, 3)
    act(parts, 2, who='王"五')
    with parts.catalog._engine.begin() as connection:
        append(connection, "李四", "page.print", "p1", ok=False, reason="no grant")

    def found(*asked: str) -> list[int]:
        told = run("audit", "list", "--json", *asked)
        assert told.exit_code == 0, told.output
        return [json.loads(line)["seq"] for line in told.stdout.splitlines()]

    assert found() == [6, 5, 4, 3, 2, 1]
    assert found("--who", "李四") == [6, 3, 2, 1]
    assert found("--who", '王"五') == [5, 4]
    assert found("--act", "page") == [6, 5, 4, 3, 2, 1]
    assert found("--act", "page.view") == [5, 4, 3, 2, 1]
    assert found("--act", "pag") == []
    assert found("--subject", "p1") == [6, 5, 2]
    assert found("--subject", "p%") == []
    assert found("--limit", "2") == [6, 5]
    assert found("--limit", "2", "--before", "5") == [4, 3]
    assert found("--from", "2001-01-01", "--to", "2001-01-02") == []
    assert "denied" in run("audit", "list", "--who", "李四").stdout


def test_a_page_of_the_list_is_filled_from_far_back(parts: Parts) -> None:
    act(parts, 2, who="王五")
    act(parts, 20)
    audit = parts.catalog.audit
    rows = [one.seq for one in audit.find(Wanted(who="王五"), limit=5)]
    assert rows == [2, 1]
    assert [one.seq for one in audit.find(Wanted(), before=4, limit=2)] == [3, 2]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("audit", "sign"), "There is no key to sign the log with"),
        (("audit", "key", "show"), "is not there; name it with --key"),
        (("audit", "verify", "--key", "a+b+c"), "is no key of a log"),
        (("audit", "verify", "--key", "/nowhere"), "cannot be read"),
    ],
)
def test_without_a_key_the_way_to_one_is_told(run: Run, asked: tuple[str, ...], told: str) -> None:
    result = run(*asked)
    assert isinstance(result.exception, UserError)
    assert told in str(result.exception)


def test_a_key_is_made_once_and_that_stands_in_the_log(parts: Parts, run: Run) -> None:
    told = run("audit", "key", "make", "--as", "审计员")
    assert told.exit_code == 0, told.output
    shown = run("audit", "key", "show").stdout.strip()
    assert shown in told.stdout
    [entry] = parts.catalog.audit.find(Wanted(act="audit.key"))
    assert (entry.body["who"], entry.body["subject"]) == ("审计员", shown)
    assert isinstance(run("audit", "key", "make").exception, UserError)


def test_a_memory_that_is_none_is_told(signing: Signing, parts: Parts) -> None:
    act(parts, 1)
    signing.memory.write_text("{}", "utf-8")
    with pytest.raises(UserError, match="cannot be read; move it away"):
        sign(signing)
