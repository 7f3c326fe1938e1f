"""Scanners through the real scanimage and SANE's own devices."""

from pathlib import Path

import pytest

from ingest.scanner import Scanimage
from ingest.scanner_options import Wanted
from pipeline.errors import PaperproofError, UserError
from pipeline.model import ColourMode
from pipeline.sandbox import Sandbox
from pipeline.scan_rules import PaperSize
from tests.flows.conftest import opener  # noqa: F401 - the sandbox
from tests.sane import devices, refusal

ID = PaperSize("ID", 85.6, 54)
WANTED = Wanted(100, ColourMode.COLOUR, ID, feeder=True)


def scanimage(folder: Path, page_seconds: float = 60, **test: str) -> Scanimage:
    return Scanimage(devices(folder / "sane", "test", **test), page_seconds=page_seconds)


def scanned(program: Scanimage, folder: Path, wanted: Wanted = WANTED) -> list[bytes]:
    device = program.require("test:0")
    return [path.read_bytes() for path in program.scan(device, wanted, "tiff", folder)]


def test_devices_are_listed_by_name(tmp_path: Path) -> None:
    program = scanimage(tmp_path)
    assert [one.name for one in program.devices()] == ["test:0", "test:1"]
    with pytest.raises(UserError, match="no scanner test:9"):
        program.require("test:9")
    assert Scanimage(devices(tmp_path / "none")).devices() == ()


def test_the_feeder_gives_its_pages_until_it_is_empty(
    tmp_path: Path,
    opener: Sandbox,  # noqa: F811 - the fixture
) -> None:
    pages = scanned(scanimage(tmp_path), tmp_path)
    assert len(pages) == 10  # so many the test device holds
    page = opener.decode(pages[0])
    assert (page.dpi, page.colour_mode) == ((100, 100), ColourMode.COLOUR)
    height, width = page.pixels.shape[:2]
    assert abs(width - 85.6 / 25.4 * 100) < 5
    assert abs(height - 54 / 25.4 * 100) < 5


def test_the_glass_gives_one_page(tmp_path: Path) -> None:
    wanted = Wanted(100, ColourMode.GREY, ID)
    assert len(scanned(scanimage(tmp_path), tmp_path, wanted)) == 1


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("DEVICE_BUSY", "Another program uses"),
        ("JAMMED", "jammed"),
        ("NO_DOCS", "holds no paper"),
        ("COVER_OPEN", "cover is open"),
        ("IO_ERROR", "fails"),
        ("NO_MEM", "no memory"),
        ("ACCESS_DENIED", "may not use"),
        ("UNSUPPORTED", "cannot be used as asked"),
    ],
)
def test_what_the_device_says_is_one_sentence(tmp_path: Path, status: str, told: str) -> None:
    program = scanimage(tmp_path, 5, read_status_code=f'"SANE_STATUS_{status}"')
    assert told in refusal(lambda: scanned(program, tmp_path), told)


def test_a_device_that_hangs_is_left(tmp_path: Path) -> None:
    slow = {"read_delay": "true", "read_delay_duration": "200000"}
    program = scanimage(tmp_path, 0.5, **slow)
    with pytest.raises(PaperproofError, match="does not answer"):
        scanned(program, tmp_path, Wanted(600, ColourMode.COLOUR, PaperSize("A5", 148, 200)))


def test_a_run_that_is_stopped_gives_no_more(tmp_path: Path) -> None:
    program = scanimage(tmp_path)
    device, given = program.require("test:0"), list[Path]()
    for path in program.scan(device, WANTED, "tiff", tmp_path, lambda: len(given) >= 3):
        given.append(path)
    assert 3 <= len(given) <= 10


def test_without_the_program_the_sentence_names_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="sane-utils"):
        Scanimage({}, command=("no-such-scanimage",)).devices()


@pytest.mark.parametrize("name", ["$(touch x)", "test:0; touch x", "--help", "-V", "test:0\n", ""])
def test_names_of_devices_are_data(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError):
        scanimage(tmp_path).require(name)
