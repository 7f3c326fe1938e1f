"""A batch is taken in whole, once, and whatever goes wrong is told and loses nothing."""

import hashlib
import os
import resource
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from flows.admit_page import Intake
from flows.parts import Parts
from flows.stores import Stores
from flows.take_in import take_in
from pipeline.claims import LeaseRules
from pipeline.errors import Full, StoreError, Unavailable, UserError
from pipeline.language import say
from pipeline.model import Batch
from storage.folder import FolderStore
from storage.store import NoteKind, object_key
from storage.vault import Vault
from tests.kept import both, notes

DAY = date(2026, 11, 19)


@pytest.fixture(params=[1, 4], ids=["one by one", "side by side"])
def intake(intake: Intake, request: pytest.FixtureRequest) -> Intake:
    return replace(intake, storing=request.param)


def states(parts: Parts) -> dict[str, str]:
    return {page.name: page.state for page in parts.catalog.pages.of_day(DAY, "3301")}


@pytest.mark.requirement("CG-08b")
def test_every_page_stands_in_one_state(
    intake: Intake, scans: Path, batch: Batch, progress: Any
) -> None:
    taken = take_in(intake, scans, batch, progress)
    assert (taken.files, taken.pages, taken.admitted, taken.blank) == (5, 5, 3, 1)
    assert [name for name, _ in taken.refused] == ["0005.jpg"]
    assert states(intake.parts) == {
        "0001.jpg": "admitted",
        "0002.jpg": "admitted",
        "0003 再次.jpg": "admitted",
        "0004.jpg": "blank",
        "0005.jpg": "refused",
    }
    assert progress.wanted == progress.done == 5
    assert len(list(scans.iterdir())) == 5, "the folder is copied from, never emptied"


@pytest.mark.requirement("CG-17.2a")
def test_what_is_stored_is_what_the_scanner_wrote_in_both_stores(
    intake: Intake, scans: Path, batch: Batch, progress: Any
) -> None:
    take_in(intake, scans, batch, progress)
    content = (scans / "0002.jpg").read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    assert intake.stores.vault.read(sha256) == content
    assert both(intake.stores.vault, sha256) == (content, content)
    receipts = list(notes(intake.stores.vault, NoteKind.RECEIPT))
    assert len(receipts) == 4, "one receipt a delivery, the repeated page's too"


def test_taking_in_again_changes_nothing_and_adds_what_is_new(
    intake: Intake,
    scans: Path,
    batch: Batch,
    progress: Any,
    voucher: Callable[[int], bytes],
) -> None:
    take_in(intake, scans, batch, progress)
    before = intake.parts.catalog.pages.of_day(DAY, "3301")
    again = take_in(intake, scans, batch, progress)
    assert (again.pages, again.already, again.admitted) == (5, 5, 0)
    assert intake.parts.catalog.pages.of_day(DAY, "3301") == before
    (scans / "0006.jpg").write_bytes(voucher(6))
    more = take_in(intake, scans, batch, progress)
    assert (more.already, more.admitted) == (5, 1)


def test_a_refused_page_lies_in_quarantine_beside_its_reason(
    intake: Intake, scans: Path, batch: Batch, progress: Any
) -> None:
    take_in(intake, scans, batch, progress)
    kept = sorted(p for p in intake.parts.workspace.quarantine.rglob("*") if p.is_file())
    page, reason = kept
    assert page.read_bytes() == (scans / "0005.jpg").read_bytes()
    told = reason.read_text("utf-8")
    assert "0005.jpg" in told
    assert "scan the page again" in told


def test_a_file_of_several_pages_is_split_and_kept(
    intake: Intake, tmp_path: Path, batch: Batch, progress: Any, voucher: Callable[[int], bytes]
) -> None:
    folder = tmp_path / "tiff"
    folder.mkdir()
    pages = []
    for number in (1, 2, 3):
        (folder / "one.jpg").write_bytes(voucher(number))
        with Image.open(folder / "one.jpg") as opened:
            pages.append(opened.convert("L"))
    (folder / "one.jpg").unlink()
    container = folder / "三页.tif"
    pages[0].save(
        container, save_all=True, append_images=pages[1:], dpi=(200, 200), compression="tiff_lzw"
    )
    taken = take_in(intake, folder, batch, progress)
    assert (taken.files, taken.pages, taken.admitted) == (1, 3, 3)
    assert list(states(intake.parts)) == ["三页.tif#1", "三页.tif#2", "三页.tif#3"]
    delivered = container.read_bytes()
    assert intake.stores.vault.read(hashlib.sha256(delivered).hexdigest()) == delivered
    again = take_in(intake, folder, batch, progress)
    assert (again.pages, again.already) == (3, 3)


@pytest.mark.requirement("CG-06a", "B1-11")
def test_an_inbox_is_emptied_of_what_is_in(
    intake: Intake, scans: Path, batch: Batch, progress: Any
) -> None:
    take_in(replace(intake, moving=True), scans, batch, progress)
    assert list(scans.iterdir()) == []
    assert len(states(intake.parts)) == 5


def test_a_scan_its_note_disproves_leaves_the_inbox_for_quarantine(
    intake: Intake, scans: Path, batch: Batch, progress: Any
) -> None:
    (scans / "0001.jpg.json").write_text('{"size": 3, "sha256": "00"}')
    taken = take_in(replace(intake, moving=True), scans, batch, progress)
    assert [name for name, _ in taken.refused] == ["0001.jpg", "0005.jpg"]
    assert list(scans.iterdir()) == []
    assert take_in(replace(intake, moving=True), scans, batch, progress).pages == 0


def test_a_page_cut_from_a_larger_file_is_judged_by_its_share_of_it(
    intake: Intake, tmp_path: Path, batch: Batch, progress: Any
) -> None:
    noise = np.random.default_rng(1).normal(200, 40, (3508, 2480, 3)).clip(0, 255)
    page = Image.fromarray(noise.astype("uint8"))
    folder = tmp_path / "jpeg in tiff"
    folder.mkdir()
    page.save(
        folder / "two.tif",
        save_all=True,
        append_images=[page.rotate(180)],
        dpi=(300, 300),
        compression="jpeg",
        quality=85,
    )
    taken = take_in(intake, folder, batch, progress)
    assert [str(reason) for _, reason in taken.refused if "kB" in str(reason)] == []


def test_a_folder_of_odd_things_is_taken_in_as_far_as_it_goes(
    intake: Intake, scans: Path, batch: Batch, progress: Any
) -> None:
    (scans / "link.jpg").symlink_to(scans / "0001.jpg")
    os.mkfifo(scans / "pipe.jpg")
    (scans / "notes.txt").write_text("lunch at twelve")
    (scans / "empty.jpg").write_bytes(b"")
    (scans / "half.jpg.part").write_bytes(b"x")
    (scans / "[red]no markup[\n].jpg").write_bytes(b"GIF89a")
    taken = take_in(intake, scans, batch, progress)
    assert taken.admitted == 3
    assert {name for name, _ in taken.refused} == {
        "0005.jpg",
        "link.jpg",
        "pipe.jpg",
        "notes.txt",
        "empty.jpg",
        "[red]no markup[\n].jpg",
    }


def test_reading_workers_begin_before_the_whole_batch_is_in(
    intake: Intake, voucher: Callable[[int], bytes], tmp_path: Path, batch: Batch, progress: Any
) -> None:
    folder = tmp_path / "25 pages"
    folder.mkdir()
    for number in range(25):
        (folder / f"{number:04}.jpg").write_bytes(voucher(number))
    settings = intake.parts.settings.model_copy(update={"leases": LeaseRules(chunk_pages=20)})
    parts = replace(intake.parts, settings=settings)
    take_in(replace(intake, parts=parts, storing=1), folder, batch, progress)
    chunks = parts.catalog.claims.open(batch.day, batch.branch)
    assert [len(one.pages) for one in chunks] == [20, 5]


def test_an_empty_folder_is_no_error(
    intake: Intake, tmp_path: Path, batch: Batch, progress: Any
) -> None:
    (tmp_path / "empty").mkdir()
    assert take_in(intake, tmp_path / "empty", batch, progress).files == 0


def test_two_runs_on_one_batch_do_not_meet(
    intake: Intake, scans: Path, batch: Batch, progress: Any
) -> None:
    with (
        FileLock(intake.parts.workspace.locks / f"{batch.id}.lock"),
        pytest.raises(UserError, match="another run"),
    ):
        take_in(intake, scans, batch, progress)
    assert take_in(intake, scans, batch, progress).admitted == 3


def test_a_store_that_is_down_stops_the_batch_and_the_next_run_goes_on(
    intake: Intake, scans: Path, batch: Batch, progress: Any
) -> None:
    class Down(Vault):
        """The vault whose second page meets a store that is gone."""

        def __init__(self) -> None:
            super().__init__(intake.stores.vault.primary, intake.stores.vault.replica)
            self.kept = 0

        def keep(self, content: bytes, sha256: str) -> Any:
            self.kept += 1
            if self.kept > 1:
                raise Unavailable(say("The store gives no answer; try again later."))
            return intake.stores.vault.keep(content, sha256)

    broken = replace(intake, stores=Stores(Down(), intake.stores.cold))
    with pytest.raises(StoreError):
        take_in(broken, scans, batch, progress)
    assert states(intake.parts) == {"0001.jpg": "admitted"}
    taken = take_in(intake, scans, batch, progress)
    assert (taken.pages, taken.already, taken.admitted) == (5, 1, 2)


def test_a_store_that_was_put_right_is_remarked(
    intake: Intake, scans: Path, batch: Batch, progress: Any
) -> None:
    content = (scans / "0002.jpg").read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    damaged = FolderStore(intake.parts.workspace.folder / "r")
    damaged.put_once(object_key(sha256), b"other bytes", sha256)
    taken = take_in(intake, scans, batch, progress)
    assert taken.remarks["Q18"] == ["0002.jpg"]
    assert both(intake.stores.vault, sha256) == (content, content)


def test_a_full_disk_is_told_before_and_during_and_loses_nothing(
    intake: Intake, scans: Path, batch: Batch, progress: Any
) -> None:
    greedy = intake.parts.settings.model_copy(update={"least_free_mb": 10**9})
    with pytest.raises(Full, match="nothing was taken in"):
        take_in(
            replace(intake, parts=replace(intake.parts, settings=greedy)), scans, batch, progress
        )
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, before[1]))
    try:
        with pytest.raises(Full, match="free some room"):
            take_in(intake, scans, batch, progress)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert take_in(intake, scans, batch, progress).pages == 5
    assert len(states(intake.parts)) == 5
