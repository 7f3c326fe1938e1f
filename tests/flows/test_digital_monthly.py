"""Born-digital packages in the month for headquarters: on the electronic side, proved file by file."""

import csv
import json
from datetime import datetime
from pathlib import Path

import bagit
import pytest

from flows.digital import DigitalIntake, take_in_digital
from flows.monthly import Uploading, branch_months, receive, send
from flows.parts import Parts
from flows.stores import Stores
from pipeline.clocks import ZONE
from pipeline.monthly import BranchMonth, Progress
from pipeline.sandbox import Sandbox
from storage.folder import FolderStore
from storage.store import digest
from tests.flows.test_monthly import NOVEMBER, headquarters, uploading
from tests.sent_package import FILES
from tests.sent_package import send as written

from .conftest import Run, Silent

__all__ = ["headquarters", "uploading"]
NUMBER = "WT20261119-000003"
WHEN = datetime(2026, 11, 20, 9, 0, tzinfo=ZONE)


@pytest.fixture
def digital(
    parts: Parts, stores: Stores, opener: Sandbox, uploading: Uploading, tmp_path: Path
) -> Uploading:
    """A month of two pages and a package of three files."""
    intake = DigitalIntake(parts, stores, opener.media, "3301", "周归档", WHEN)
    assert not take_in_digital(intake, written(tmp_path / "sent"), Silent()).refused
    return uploading


def of(uploading: Uploading) -> BranchMonth:
    (one,) = branch_months(uploading.parts, NOVEMBER, frozenset({"3301"}))
    return one


@pytest.mark.requirement("CG-13c", "CG-16.4c")
def test_files_and_their_list_go_up_and_are_counted(
    digital: Uploading, headquarters: FolderStore, tmp_path: Path
) -> None:
    assert (of(digital).pages, of(digital).digital) == (5, 3)
    package = send(digital, "3301", NOVEMBER)
    assert package is not None and package.pages == 5
    for key in headquarters.iter_keys("3301/2026-11/01/"):
        path = tmp_path / "bag" / key.removeprefix("3301/2026-11/01/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(headquarters.read(key))
    assert bagit.Bag(str(tmp_path / "bag")).validate()
    folder = tmp_path / "bag/data/digital/2026-11-19"
    for name, (_, content) in FILES.items():
        assert (folder / NUMBER / name).read_bytes() == content
    note = json.loads((folder / f"{NUMBER}.json").read_text("utf-8"))
    digests = {digest(content) for _, content in FILES.values()}
    assert {one["sha256"] for one in note["files"]} == digests
    rows = list(
        csv.DictReader((tmp_path / "bag/data/index/pages.csv").read_text("utf-8-sig").splitlines())
    )
    assert digests <= {one["SHA-256"] for one in rows}
    assert all((tmp_path / "bag" / one["文件 file"]).is_file() for one in rows)
    assert not receive(digital, of(digital).packages[0]).faults
    done = of(digital)
    assert done.accepted == done.pages == 5
    assert send(digital, "3301", NOVEMBER) is None


@pytest.mark.requirement("CG-16.4c")
def test_a_film_that_is_swapped_on_the_way_is_refused_and_sent_again(
    digital: Uploading, headquarters: FolderStore
) -> None:
    send(digital, "3301", NOVEMBER)
    film = f"3301/2026-11/01/data/digital/2026-11-19/{NUMBER}/films/witness.mp4"
    other = b"another film"
    headquarters.put_healed(film, other, digest(other))
    refused = receive(digital, of(digital).packages[0])
    assert [one.partition(":")[0] for one in refused.faults] == [
        film.removeprefix("3301/2026-11/01/")
    ]
    assert send(digital, "3301", NOVEMBER) is not None
    assert not receive(digital, of(digital).packages[0]).faults
    assert headquarters.read(film) == FILES["films/witness.mp4"][1]


def test_a_package_that_came_later_goes_up_next(
    uploading: Uploading, parts: Parts, stores: Stores, opener: Sandbox, tmp_path: Path, run: Run
) -> None:
    send(uploading, "3301", NOVEMBER)
    assert not receive(uploading, of(uploading).packages[0]).faults
    intake = DigitalIntake(parts, stores, opener.media, "3301", "周归档", WHEN)
    take_in_digital(intake, written(tmp_path / "sent"), Silent())
    assert of(uploading).progress is Progress.PARTIAL
    later = send(uploading, "3301", NOVEMBER)
    assert later is not None and (later.name, later.pages) == ("3301/2026-11/02", 3)
    [told] = json.loads(run("upload", "status", "--month", "2026-11", "--json").output)
    assert (told["pages"], told["digital"], told["sent"], told["accepted"]) == (2, 3, 3, 2)
