"""Born-digital packages that are not as they were sent: refused whole, by a sentence; the others go on."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from flows.parts import Parts
from flows.stores import Stores
from pipeline.model import Transaction
from tests.flows.captured_day import book
from tests.flows.digital_desk import Desk, desk, row
from tests.sent_package import FILES, FILM, PDF, manifest, send, zipped

__all__ = ["desk", "row"]


def _cut(folder: Path) -> None:
    path = folder / "films/witness.mp4"
    path.write_bytes(FILM[:-1])


def _altered(folder: Path) -> None:
    (folder / "回单.pdf").write_bytes(PDF + b"reciept")


def _longer(folder: Path) -> None:
    (folder / "回单.pdf").write_bytes(PDF + b"receipt and more")


def _swapped(folder: Path) -> None:
    one, other = folder / "申请表.pdf", folder / "回单.pdf"
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)


def _gone(folder: Path) -> None:
    (folder / "申请表.pdf").unlink()


def _more(folder: Path) -> None:
    (folder / "run.exe").write_bytes(b"MZ")


def _link(folder: Path) -> None:
    (folder / "申请表.pdf").unlink()
    (folder / "申请表.pdf").symlink_to("/etc/passwd")


def test_what_is_not_as_it_was_sent_is_refused_whole(
    desk: Desk, parts: Parts, stores: Stores
) -> None:
    for spoil, why in (
        (_cut, "cut off"),
        (_altered, "other bytes"),
        (_longer, "not as long"),
        (_swapped, "not as long"),
        (_gone, "is missing"),
        (_more, "not listed"),
        (_link, "link or a device"),
    ):
        sent = desk.sent()
        spoil(sent)
        assert why in desk.refusal(sent), why
    assert not parts.catalog.digital.all()
    assert not list(stores.vault.primary.iter_keys("digital/"))


def test_a_manifest_that_does_not_hold_is_named(desk: Desk, parts: Parts, row: Transaction) -> None:
    book(parts, replace(row, id_no="11010119630307123X"))
    unfit: tuple[tuple[dict[str, Any], str], ...] = (
        ({"branch": "3302"}, "of branch 3302"),
        ({"customer_no": "9409350199"}, "another customer"),
        ({"business_date": "2027-11-19"}, "has not come yet"),
        ({"made_at": "2026-11-19T10:20:30"}, "made_at"),
        (
            {"made_at": "1926-11-19T10:20:30+08:00"},
            "dated 1926-11-19, before its customer was born",
        ),
        ({"origin": "letter"}, "origin"),
        ({"package": "../x"}, "package"),
        ({"sender": "x"}, "sender"),
        ({"serial_no": ""}, "serial_no"),
    )
    for values, why in unfit:
        assert why in desk.refusal(desk.sent(**values)), why


def test_names_that_lead_out_of_the_package_reach_nothing(desk: Desk, tmp_path: Path) -> None:
    for name in ("../up.pdf", "/etc/up.pdf", "a/../../up.pdf", "C:\\up.pdf", "."):
        folder = desk.sent({"up.pdf": ("RECEIPT", PDF)})
        told = manifest({name: ("RECEIPT", PDF)})
        (folder / "package.json").write_text(json.dumps(told), "utf-8")
        assert "leads out" in desk.refusal(folder), name
    archive = zipped(desk.sent(), tmp_path / "slip.zip", {"../../up.pdf": PDF})
    assert "leads elsewhere" in desk.refusal(archive)
    outside = [one for one in tmp_path.rglob("up.pdf") if desk.folder not in one.parents]
    assert not outside


def test_bombs_cost_no_more_than_was_told(desk: Desk, tmp_path: Path) -> None:
    """A ZIP may unpack to anything: what is read ends one byte beyond the listed length."""
    folder = desk.sent()
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "package.json", "package.json")
        for name in FILES:
            archive.writestr(name, bytes(50 << 20) if name == "申请表.pdf" else FILES[name][1])
    assert "not as long" in desk.refusal(bomb)
    assert max(one.stat().st_size for one in desk.intake.parts.workspace.spool.iterdir()) < 1 << 20
    huge = desk.sent()
    told = manifest()
    told["files"][0]["bytes"] = 5 << 40
    (huge / "package.json").write_text(json.dumps(told), "utf-8")
    assert "larger than [digital] allows" in desk.refusal(huge)


def test_a_broken_zip_is_told(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "broken.zip"
    whole = zipped(desk.sent(), tmp_path / "whole.zip").read_bytes()
    many = b"PK\x05\x06" + bytes(8) + (1 << 30).to_bytes(4, "little") + bytes(6)
    for broken in (b"PK\x03\x04", b"", b"PK\x05\x06" + bytes(18), whole[:-30], many):
        path.write_bytes(broken)
        assert desk.refusal(path)


def test_a_program_under_a_paper_s_name_is_refused(desk: Desk) -> None:
    assert "no format" in desk.refusal(desk.sent({"申请表.pdf": ("PROD_APP", b"MZ\x90\0" * 9)}))


def test_doubled_and_foreign_files_are_refused_and_the_others_go_on(desk: Desk) -> None:
    assert len(desk.take(desk.sent()).admitted) == 1
    folder = desk.folder / "day"
    send(
        folder / "1 other content", package="WT20261119-000003", made_at="2026-11-19T11:00:00+08:00"
    )
    send(folder / "2 doubled", package="WT20261119-000004")
    send(folder / "3 another's", package="C", customer_no="9409350199", serial_no="9")
    send(folder / "4 good", {"a.xml": ("PROD_APP", b"<?xml version='1.0'?><a/>")}, package="D")
    (folder / "5 empty").mkdir()
    taken = desk.take(folder)
    assert [one.number for one in taken.admitted] == ["D"]
    told = [str(message) for _, message in taken.refused]
    for message, why in zip(
        told,
        ("with other content", "is in already", "another customer's", "no package.json"),
        strict=True,
    ):
        assert why in message
