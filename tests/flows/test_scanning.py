"""From a device to the batch's folder and through the same take-in, with SANE's own devices."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from flows.admit_page import Intake
from flows.parts import Parts
from flows.scanning import ScanDesk, ScanJob
from flows.station_settings import StationSettings
from flows.take_in import take_in
from flows.uploads import Uploads
from pipeline.errors import Full, UserError
from pipeline.model import Batch
from tests.flows.conftest import Silent
from tests.sane import devices, refusal


def desk(parts: Parts, **station: object) -> ScanDesk:
    chosen = StationSettings(**{"scanning": True, "paper": "ID", **station})  # type: ignore[arg-type]
    parts = replace(parts, settings=parts.settings.model_copy(update={"station": chosen}))
    return ScanDesk(parts, Uploads(parts.workspace.uploads, 64 << 20))


def never() -> bool:
    return False


@pytest.fixture
def feeder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up(tmp_path, monkeypatch, "test")


def set_up(folder: Path, monkeypatch: pytest.MonkeyPatch, backend: str, **test: str) -> None:
    found = devices(folder / "sane", backend, **test)
    monkeypatch.setenv("SANE_CONFIG_DIR", found["SANE_CONFIG_DIR"])


def test_a_voucher_on_the_glass_is_admitted(
    parts: Parts,
    intake: Intake,
    batch: Batch,
    voucher: Callable[[int], bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_up(tmp_path, monkeypatch, "pnm")
    picture = tmp_path / "voucher 1.ppm"
    Image.open(io.BytesIO(voucher(1))).save(picture)
    scans = desk(parts, dpi=210, options={"filename": str(picture)}, format="tiff")
    names: list[str] = []
    assert scans.scan(ScanJob("pnm:0", batch), names.append, never) == 1
    assert names == ["0001.tif"]
    folder = scans.uploads.of(batch)
    left = {one.name for one in folder.iterdir()} - {".batch.json"}
    assert left == set(names)  # nothing passing is left
    taken = take_in(replace(intake, moving=True), folder, batch, Silent())
    assert (taken.files, taken.pages) == (1, 1)
    assert scans.uploads.waiting(batch) == ()
    (page,) = parts.catalog.arrivals.of_batch(batch.id)
    assert page.name == "0001.tif"


def test_pages_are_counted_on_within_the_batch(feeder: None, parts: Parts, batch: Batch) -> None:
    scans, names = desk(parts), list[str]()
    assert scans.scan(ScanJob("test:0", batch, feeder=True), names.append, never) == 10
    assert scans.scan(ScanJob("test:1", batch), names.append, never) == 1
    assert names == [f"{number:04}.tif" for number in range(1, 12)]
    assert scans.uploads.waiting(batch) == tuple(names)


def test_a_page_too_large_as_tiff_comes_as_jpeg(feeder: None, parts: Parts, batch: Batch) -> None:
    names: list[str] = []
    desk(parts, paper="A6", dpi=600).scan(ScanJob("test:0", batch), names.append, never)
    assert names == ["0001.jpg"]


def test_what_came_before_a_jam_stays(
    parts: Parts, batch: Batch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(tmp_path, monkeypatch, "test")
    scans, names, job = (
        desk(parts, page_seconds=5),
        list[str](),
        ScanJob("test:0", batch, feeder=True),
    )
    scans.scan(job, names.append, never)
    set_up(tmp_path, monkeypatch, "test", read_status_code='"SANE_STATUS_JAMMED"')
    assert "jammed" in refusal(lambda: scans.scan(job, names.append, never), "jammed")
    assert len(scans.uploads.waiting(batch)) == 10


def test_two_do_not_scan_from_one_device(feeder: None, parts: Parts, batch: Batch) -> None:
    scans, nested = desk(parts), list[str]()

    def meanwhile(name: str) -> None:
        nested.append(name)
        with pytest.raises(UserError, match="Somebody is scanning"):
            scans.scan(ScanJob("test:0", batch), nested.append, never)

    scans.scan(ScanJob("test:0", batch), meanwhile, never)
    assert nested == ["0001.tif"]


@pytest.mark.parametrize(
    ("job", "told"),
    [
        ({"device": "test:7"}, "no scanner test:7"),
        ({"device": "test:0; touch x"}, "no scanner"),
        ({"duplex": True}, "both sides"),
        ({"paper": "A3"}, "no paper A3"),
        ({"paper": "A4"}, "large enough for A4"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    feeder: None, parts: Parts, batch: Batch, job: dict[str, object], told: str
) -> None:
    scans = desk(parts)
    with pytest.raises(UserError, match=told):
        scans.scan(ScanJob(**{"device": "test:0", "batch": batch, **job}), print, never)  # type: ignore[arg-type]
    assert scans.uploads.waiting(batch) == ()


def test_who_has_no_device_here_starts_none(feeder: None, parts: Parts, batch: Batch) -> None:
    for scans in (desk(parts, branches=("3302",)), desk(parts, scanning=False)):
        assert not scans.serves(batch.branch)
        with pytest.raises(UserError, match="Nobody scans"):
            scans.scan(ScanJob("test:0", batch), print, never)


def test_a_nearly_full_disk_ends_the_run(feeder: None, parts: Parts, batch: Batch) -> None:
    full = replace(parts, settings=parts.settings.model_copy(update={"least_free_mb": 1 << 30}))
    scans = desk(full)
    with pytest.raises(Full):
        scans.scan(ScanJob("test:0", batch), print, never)
    assert scans.uploads.waiting(batch) == ()
