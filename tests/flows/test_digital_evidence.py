"""Born-digital packages in a transaction's evidence: every file, its digest, and the note that names them."""

import json
import zipfile
from datetime import datetime
from pathlib import Path

import pytest

from flows.access import Guard
from flows.close_day import Closing, close_branch
from flows.digital import DigitalIntake, take_in_digital
from flows.evidence import MANIFEST, Making, find_transaction, make_evidence
from flows.evidence_check import check_evidence
from flows.parts import Parts
from flows.stores import Stores
from pipeline.clocks import ZONE
from pipeline.sandbox import Sandbox
from pipeline.signature import Signer
from storage.store import digest
from tests.sent_package import FILES, send

from .captured_day import book
from .conftest import DAY, Silent, booked

ROW = booked(
    3, channel="online_hall", business_code="B503", business_name="产品赎回", voucher_count=None
)
NUMBER = "WT20261119-000003"
AT = datetime(2026, 11, 20, 9, 0, tzinfo=ZONE)


@pytest.fixture
def making(
    parts: Parts, stores: Stores, opener: Sandbox, closing: Closing, tmp_path: Path
) -> Making:
    """A closed day of one online transaction, whose package is in."""
    book(parts, ROW)
    intake = DigitalIntake(parts, stores, opener.media, "3301", "周归档", AT)
    taken = take_in_digital(intake, send(tmp_path / "sent"), Silent())
    assert not taken.refused
    close_branch(closing, DAY, "3301", Silent())
    signer = Signer.of(parts.workspace.signing_key)
    guard = Guard.at_word(parts, "审计")
    return Making(parts, stores.vault, signer, None, guard, "调阅", AT, Silent())


@pytest.mark.requirement("CG-13c", "B1-35")
def test_every_file_of_the_package_is_in_it_and_proved(making: Making, tmp_path: Path) -> None:
    out = tmp_path / "证据.zip"
    made = make_evidence(making, find_transaction(making.parts, ROW.serial_no), out)
    assert (made.pages, made.files, made.faults) == (0, 3, ())
    assert made.sha256 == digest(out.read_bytes())
    with zipfile.ZipFile(out) as pack:
        for name, (_, content) in FILES.items():
            assert pack.read(f"digital/{NUMBER}/{name}") == content
        note = pack.read(f"digital/{NUMBER}.json")
        listed = {one["sha256"] for one in json.loads(note)["files"]}
        manifest = pack.read(MANIFEST).decode()
        told = pack.read("index.en.html").decode()
        facts = json.loads(pack.read("facts.json"))
    assert listed == {digest(content) for _, content in FILES.values()}
    assert all(one in manifest for one in (*listed, digest(note)))
    assert NUMBER in told and "No paper is due" in told and "films/witness.mp4" in told
    [package] = facts["packages"]
    assert {copy["place"] for one in package["objects"] for copy in one["copies"]} >= {
        "primary",
        "replica",
    }
    checked = check_evidence(out)
    assert (checked.faults, checked.files) == ((), len(manifest.splitlines()))


def test_a_file_that_no_store_gives_is_told(making: Making, tmp_path: Path) -> None:
    sha256 = digest(FILES["films/witness.mp4"][1])
    folder = making.parts.workspace.folder
    for name in ("p", "r"):
        [path] = [one for one in (folder / name).rglob(f"*{sha256}*") if one.is_file()]
        path.chmod(0o600)
        path.write_bytes(b"other bytes")
    found = find_transaction(making.parts, ROW.serial_no)
    made = make_evidence(making, found, tmp_path / "a.zip")
    assert len(made.faults) == 1
    assert check_evidence(tmp_path / "a.zip").faults == ()
    with zipfile.ZipFile(tmp_path / "a.zip") as pack:
        assert f"digital/{NUMBER}/films/witness.mp4" not in pack.namelist()
        assert json.loads(pack.read("facts.json"))["left_out"]
