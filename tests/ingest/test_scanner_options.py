"""Devices as their makers' backends tell of them, and what is asked of them."""

import pytest

from ingest.scanner_options import Wanted, asked_of, read_options
from pipeline.errors import UserError
from pipeline.model import ColourMode
from pipeline.scan_rules import PaperSize

A4 = PaperSize("A4", 210, 297)
FUJITSU = """
All options specific to device `fujitsu:fi-7160:1':
  Standard:
    --source ADF Front|ADF Back|ADF Duplex [ADF Front]
        Selects the scan source (such as a document-feeder).
    --mode Lineart|Halftone|Gray|Color [Lineart]
        Selects the scan mode (e.g., lineart, monochrome, or color).
    --resolution 50..600dpi (in steps of 1) [600]
        Sets the resolution of the scanned image.
  Geometry:
    --page-width 0..224.846mm (in steps of 0.0211639) [215.872]
        Specifies the width of the media.
    -l 0..224.846mm (in steps of 0.0211639) [0]
        Top-left x position of scan area.
    -t 0..863.489mm (in steps of 0.0211639) [0]
        Top-left y position of scan area.
    -x 0..224.846mm (in steps of 0.0211639) [215.872]
        Width of scan-area.
    -y 0..863.489mm (in steps of 0.0211639) [279.364]
        Height of scan-area.
  Enhancement:
    --swcrop[=(yes|no)] [no] [advanced]
        Request driver to remove border from pages digitally.
    --brightness -127..127 (in steps of 1) [0] [hardware]
        Controls the brightness of the acquired image.
    --ald[=(yes|no)] [inactive]
        Scanner detects paper lower edge. May confuse some frontends.
"""
GLASS = """
    --mode Color|Gray [Color]
    --resolution 75|150|300|600dpi [75]
    --source Flatbed|ADF [Flatbed]
    --adf-mode Simplex|Duplex [inactive]
    -x 0..215.9mm [215.9]
    -y 0..297.011mm [297.011]
"""


def wanted(**values: object) -> Wanted:
    return Wanted(**{"dpi": 300, "mode": ColourMode.COLOUR, "paper": A4, **values})  # type: ignore[arg-type]


def test_a_feeder_is_asked_for_both_sides_in_its_makers_words() -> None:
    options = read_options(FUJITSU)
    asked = asked_of("f", options, wanted(duplex=True, own={"swcrop": "yes"}))
    assert asked == (
        "--source=ADF Duplex", "--mode=Color", "--resolution=300",
        "-l", "0", "-t", "0", "-x", "210", "-y", "297", "--swcrop=yes",
    )  # fmt: skip
    assert asked_of("f", options, wanted(feeder=True))[0] == "--source=ADF Front"
    bitonal = asked_of("f", options, wanted(feeder=True, mode=ColourMode.BITONAL))
    assert "--mode=Lineart" in bitonal


def test_what_cannot_be_set_now_is_not_offered() -> None:
    assert "--ald" not in read_options(FUJITSU)
    with pytest.raises(UserError, match="the option ald"):
        asked_of("f", read_options(FUJITSU), wanted(own={"ald": "yes"}))


def test_the_glass_is_named_where_there_is_a_choice() -> None:
    asked = asked_of("g", read_options(GLASS), wanted())
    assert asked[:3] == ("--source=Flatbed", "--mode=Color", "--resolution=300")
    assert asked[-4:] == ("-x", "210", "-y", "297")


@pytest.mark.parametrize(
    ("told", "values", "lacking"),
    [
        (GLASS, {"duplex": True}, "both sides"),
        (GLASS, {"dpi": 400}, "400 dpi"),
        (GLASS, {"mode": ColourMode.BITONAL}, "bitonal"),
        (GLASS, {"paper": PaperSize("A3", 297, 420)}, "large enough for A3"),
        (GLASS, {"own": {"nosuch": "1"}}, "nosuch"),
        (FUJITSU, {"own": {"swcrop": "maybe"}}, "maybe"),
        (FUJITSU, {"dpi": 1200}, "1200 dpi"),
        ("", {}, "300 dpi"),
        (GLASS.replace("Flatbed|ADF", "Flatbed|TMA"), {"feeder": True}, "a feeder"),
    ],
)
def test_what_a_device_lacks_is_named(told: str, values: dict[str, object], lacking: str) -> None:
    with pytest.raises(UserError, match=lacking):
        asked_of("a device", read_options(told), wanted(**values))
