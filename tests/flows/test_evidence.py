"""The evidence pack: what is in it, that it proves itself, and that nothing done to it goes unseen."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalog.audit import Wanted
from catalog.log import append
from flows.access import Guard
from flows.admit_page import Intake
from flows.close_day import Closing, close_branch
from flows.evidence import KEY, MANIFEST, SIGNATURE, Made, Making, find_transaction, make_evidence
from flows.evidence_check import check_evidence
from flows.log_signing import AuditKey, Signing, key_file, public_file, sign
from flows.parts import Parts
from flows.stores import Stores
from flows.take_in import take_in
from pipeline.access.acts import Act
from pipeline.errors import UserError
from pipeline.model import Batch
from pipeline.signature import Signer
from pipeline.staff import Role
from storage.store import digest
from tests.pipeline.test_premis import require_premis

from .captured_day import book, read
from .conftest import DAY, Run, Silent, booked

ROW = booked(1)
AT = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.fixture
def making(
    parts: Parts, stores: Stores, intake: Intake, closing: Closing, scans: Path, batch: Batch
) -> Making:
    """A closed day with one matched page that was looked at, all of it signed."""
    book(parts, ROW, booked(2))
    take_in(intake, scans, batch, Silent())
    read(parts, "0001.jpg", ROW)
    read(parts, "0002.jpg", booked(2))
    close_branch(closing, DAY, "3301", Silent())
    page = digest((scans / "0001.jpg").read_bytes())
    with parts.catalog._engine.begin() as connection:
        append(connection, "李四", "page.view", page, purpose="客户投诉")
        append(connection, "王五", "page.view", page, ok=False, reason="no grant")
    folder = parts.workspace.audit(parts.settings)
    Signer.of(key_file(folder))
    key = AuditKey.of(folder, parts.settings.audit.name)
    public_file(folder).write_text(f"{key.public}\n", "utf-8")
    sign(Signing(parts.catalog.audit, stores.vault, key, folder, Silent()))
    signer = Signer.of(parts.workspace.signing_key)
    return Making(
        parts, stores.vault, signer, key.public, Guard.at_word(parts, "审计"), "调阅", AT, Silent()
    )


@pytest.fixture
def pack(making: Making, tmp_path: Path) -> Path:
    made_of(making, tmp_path / "pack.zip")
    return tmp_path / "pack.zip"


def made_of(making: Making, out: Path) -> Made:
    return make_evidence(making, find_transaction(making.parts, ROW.serial_no), out)


@pytest.mark.requirement("BM-11", "B1-35", "B2-35")
def test_everything_about_the_transaction_is_in_it(
    making: Making, tmp_path: Path, scans: Path
) -> None:
    out = tmp_path / "证据.zip"
    made = made_of(making, out)
    assert (made.pages, made.faults) == (1, ())
    with zipfile.ZipFile(out) as pack:
        names = set(pack.namelist())
        [page] = [name for name in names if name.startswith("pages/")]
        assert pack.read(page) == (scans / "0001.jpg").read_bytes()
        told = pack.read("index.html").decode()
        facts = json.loads(pack.read("facts.json"))
    assert {"index.html", "index.en.html", "facts.json", "README.txt", MANIFEST, KEY} <= names
    for shown in (
        ROW.serial_no,
        ROW.customer_name,
        "54030.33",
        "wang",
        "station-1",
        "李四",
        "王五",
    ):
        assert shown in told
    assert re.search(r"page\.view</td><td>被拒绝", told)
    assert f'src="{page}"' in told
    assert facts["transaction"]["id_no"] == ROW.id_no
    assert facts["match"]["how"] == "serial"
    copies = facts["pages"][0]["objects"][0]["copies"]
    assert {one["place"] for one in copies} >= {"primary", "replica"}
    assert made.certified == made.entries >= 3
    checked = check_evidence(out, making.signer.public_key, making.log_key)
    assert (checked.faults, checked.certificates) == ((), made.certified)
    assert out.read_bytes()[:2] == b"PK"
    assert [path.name for path in tmp_path.glob(".*.part")] == []


def test_that_it_was_made_stands_in_the_log(making: Making, pack: Path) -> None:
    entry, _viewing = making.parts.catalog.audit.find(Wanted(act="evidence.make"))
    assert (entry.body["who"], entry.body["purpose"]) == ("审计", "调阅")
    assert (entry.body["subject"], entry.body["pack"]) == (
        ROW.serial_no,
        digest(pack.read_bytes()),
    )


def test_once_the_register_binds_it_needs_an_approved_request(
    making: Making, tmp_path: Path
) -> None:
    staff = making.parts.catalog.staff
    staff.add("总部", Role.HEADQUARTERS, None, "总部")
    staff.add(making.who, Role.COMPLIANCE, None, "总部")
    with pytest.raises(UserError):
        made_of(making, tmp_path / "x.zip")
    assert not (tmp_path / "x.zip").exists()
    newest = making.parts.catalog.audit.find(Wanted(who=making.who), limit=1)[0]
    assert newest.body["ok"] is False


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
def test_it_is_checked_without_paperproof_as_its_readme_says(pack: Path, tmp_path: Path) -> None:
    place = tmp_path / "unpacked"
    with zipfile.ZipFile(pack) as file:
        file.extractall(place)
    readme = (place / "README.txt").read_text("utf-8")
    commands = [
        line.strip()
        for line in readme.splitlines()
        if line.startswith(("  sha256sum", "  openssl"))
    ]
    assert len(commands) == 2
    for command in commands:
        done = subprocess.run(command.split(), cwd=place, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
    (place / "facts.json").write_text("{}", "utf-8")
    assert subprocess.run(commands[0].split(), cwd=place, capture_output=True).returncode != 0
    (place / MANIFEST).write_bytes(b"0" + (place / MANIFEST).read_bytes()[1:])
    assert subprocess.run(commands[1].split(), cwd=place, capture_output=True).returncode != 0


def forged(pack: Path, out: Path, name: str, content: bytes | None) -> Path:
    """The pack with another file in place of one; None: without it."""
    with zipfile.ZipFile(pack) as old, zipfile.ZipFile(out, "w") as new:
        for one in old.namelist():
            if one != name:
                new.writestr(one, old.read(one))
        if content is not None:
            new.writestr(name, content)
    return out


def test_every_file_of_it_that_is_changed_gone_or_added_is_named(
    pack: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(pack) as file:
        names = file.namelist()
    for name in names:
        if name in (MANIFEST, SIGNATURE, KEY):
            continue
        for content in (b"forged", None):
            found = check_evidence(forged(pack, tmp_path / "forged.zip", name, content))
            assert any(name in str(one) for one in found.faults), name
    found = check_evidence(forged(pack, tmp_path / "forged.zip", "pages/../../x", b"more"))
    assert [str(one) for one in found.faults] == ["pages/../../x is not in the manifest."]


def test_a_manifest_signed_by_another_is_found_by_the_key_from_elsewhere(
    making: Making, pack: Path, tmp_path: Path
) -> None:
    other = Signer.of(tmp_path / "other.pem")
    remade = replace(making, signer=other)
    out = tmp_path / "other.zip"
    made_of(remade, out)
    assert check_evidence(out).faults == ()
    [fault] = check_evidence(out, making.signer.public_key).faults
    assert "signed with another key" in str(fault)
    broken = forged(pack, tmp_path / "x.zip", SIGNATURE, b"\0" * 64)
    assert "signature" in str(check_evidence(broken).faults[0])


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no pack"])
def test_what_is_no_pack_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(UserError, match="is no evidence pack, or it is damaged"):
        check_evidence(path)
    for without in (MANIFEST, SIGNATURE, KEY):
        with zipfile.ZipFile(path, "w") as file:
            for name in {MANIFEST, SIGNATURE, KEY} - {without}:
                file.writestr(name, b"")
        with pytest.raises(UserError):
            check_evidence(path)


def test_a_page_that_no_store_gives_is_left_out_and_told(
    making: Making, tmp_path: Path, scans: Path
) -> None:
    page = digest((scans / "0001.jpg").read_bytes())
    for name in ("p", "r"):
        for path in making.parts.workspace.folder.glob(f"{name}*/obj/*/{page}"):
            path.unlink()
    made = made_of(making, tmp_path / "pack.zip")
    assert len(made.faults) == 1
    assert check_evidence(tmp_path / "pack.zip").faults == ()


def test_which_transaction_must_be_clear(parts: Parts, run: Run, tmp_path: Path) -> None:
    book(parts, ROW)
    with pytest.raises(UserError, match="No transaction 42 is booked"):
        find_transaction(parts, "42")
    dossier = find_transaction(parts, ROW.serial_no, DAY, "3301")
    assert (dossier.match, dossier.closing, dossier.pages) == (None, None, ())
    told = run("evidence", "--serial", ROW.serial_no, "--out", str(tmp_path / "x.zip"))
    assert "what for" in str(told.exception)


def test_one_page_s_history_is_written_and_logged(
    making: Making, run: Run, tmp_path: Path, scans: Path
) -> None:
    out, page = tmp_path / "page.xml", digest((scans / "0001.jpg").read_bytes())
    for named in (page, "0001.jpg"):
        told = run(
            *("evidence", "premis", named, "--serial", ROW.serial_no, "--out", str(out)),
            *("--purpose", "客户投诉", "--as", "审计"),
        )
        assert told.exit_code == 0, told.output
        assert page in "".join(require_premis(out.read_bytes()).itertext())
    seen = [*making.parts.catalog.audit.find(Wanted(who="审计", act=Act.PAGE_VIEW))]
    assert len(seen) == 2
    told = run(
        *("evidence", "premis", "0009.jpg", "--serial", ROW.serial_no, "--out", str(out)),
        *("--purpose", "客户投诉", "--as", "审计"),
    )
    assert "has no page 0009.jpg; its pages are: 0003 再次.jpg, 0001.jpg." in str(told.exception)


def test_a_certificate_is_written_and_checked_alone(
    making: Making, run: Run, tmp_path: Path
) -> None:
    out, key = tmp_path / "entry.json", str(making.log_key)
    told = run("audit", "certificate", "2", "--out", str(out))
    assert told.exit_code == 0, told.output
    checked = run("audit", "check", str(out), "--key", key)
    assert checked.exit_code == 0
    assert "Entry 2 stands in the log paperproof-log" in checked.stdout
    whole = json.loads(out.read_text("utf-8"))
    origin, size, rest = whole["checkpoint"].split("\n", 2)
    for name, content in (
        ("entry", whole["entry"].replace('"ok":true', '"ok":false')),
        ("proof", whole["proof"][1:]),
        ("checkpoint", f"{origin}\n{int(size) + 1}\n{rest}"),
    ):
        out.write_text(json.dumps({**whole, name: content}), "utf-8")
        assert run("audit", "check", str(out), "--key", key).exit_code == 1, name
    out.write_text("{}", "utf-8")
    assert "no certificate" in str(run("audit", "check", str(out), "--key", key).exception)
    for seq in ("0", "9999"):
        told = run("audit", "certificate", seq, "--out", str(out))
        assert "The log has no entry" in str(told.exception)


def test_no_certificate_of_an_unsigned_or_rewritten_log(
    making: Making, run: Run, tmp_path: Path
) -> None:
    parts, out = making.parts, str(tmp_path / "x.json")
    with parts.catalog._engine.begin() as connection:
        append(connection, "李四", "page.view", "7")
    newest = str(parts.catalog.audit.size())
    told = run("audit", "certificate", newest, "--out", out)
    assert "behind the last checkpoint" in str(told.exception)
    with parts.catalog._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE log SET body = replace(body, '李四', '王五')")
    told = run("audit", "certificate", "1", "--out", out)
    assert "not the one that was signed" in str(told.exception)
