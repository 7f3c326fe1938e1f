from dataclasses import replace
from datetime import date

import pytest
from pydantic import TypeAdapter

from pipeline.checks import check, is_blank, is_rejected
from pipeline.measured import Detail, ScanParameters, Sides
from pipeline.model import ColourMode, Finding, Severity
from pipeline.scan_rules import ScanRules

RULES = ScanRules()
GOOD = ScanParameters(
    format="JPEG",
    byte_count=900_000,
    width=2480,
    height=3508,
    dpi=(300.0, 300.0),
    colour_mode=ColourMode.COLOUR,
    skew_degrees=0.4,
    ink_share=0.05,
    perceptual_hash="0" * 16,
)


def found(rules: ScanRules = RULES, **changes: object) -> list[tuple[str, Severity]]:
    parameters = replace(GOOD, **changes)  # type: ignore[arg-type]
    return [(finding.check, finding.severity) for finding in check(parameters, rules)]


def test_a_good_page_has_no_findings() -> None:
    assert check(GOOD, RULES) == ()
    assert not is_rejected(())
    assert not is_blank(())


@pytest.mark.requirement("CG-16.5a")
@pytest.mark.parametrize(
    ("dpi", "rejected"),
    [
        (None, True),
        ((150.0, 150.0), True),
        ((195.9, 195.9), True),
        ((196.0, 196.0), False),
        ((200.0, 150.0), True),
        ((300.0, 304.0), True),
        ((300.0, 302.0), False),
        ((612.0, 612.0), False),
        ((613.0, 613.0), True),
    ],
)
def test_q02_resolution(dpi: tuple[float, float] | None, rejected: bool) -> None:
    expected = [("Q02", Severity.REJECT)] if rejected else []
    assert found(replace(RULES, papers=()), dpi=dpi) == expected


def test_q02_asks_nothing_of_photographs() -> None:
    assert found(replace(RULES, papers=(), min_dpi=0), dpi=None) == []


@pytest.mark.requirement("CG-16.5e")
def test_q02_says_what_was_measured_and_what_to_do() -> None:
    [finding] = check(replace(GOOD, dpi=(150.0, 150.0), width=1240, height=1754), RULES)
    assert (finding.measured, finding.limit) == ("150 dpi", "≥ 200 dpi")
    assert str(finding.message) == (
        "The page was scanned at 150 dpi, less than 200 dpi; "
        "set the scanner to 300 dpi and scan it again."
    )
    assert is_rejected((finding,))


@pytest.mark.requirement("CG-16.5a")
@pytest.mark.parametrize(
    ("required", "seen", "rejected"),
    [
        (None, ColourMode.BITONAL, False),
        (ColourMode.GREY, ColourMode.BITONAL, True),
        (ColourMode.GREY, ColourMode.GREY, False),
        (ColourMode.COLOUR, ColourMode.GREY, True),
        (ColourMode.COLOUR, ColourMode.COLOUR, False),
    ],
)
def test_q03_colour(required: ColourMode | None, seen: ColourMode, rejected: bool) -> None:
    rules = replace(RULES, required_colour=required)
    assert found(rules, colour_mode=seen) == ([("Q03", Severity.REJECT)] if rejected else [])


@pytest.mark.requirement("CG-16.5a")
@pytest.mark.parametrize(
    ("form", "byte_count", "rejected"),
    [
        ("JPEG", 19_999, True),
        ("JPEG", 20_000, False),
        ("JPEG2000", 19_999, True),
        ("TIFF", 14_000, False),
        ("PNG", 1_999, True),
        ("TIFF", 10_000_000, False),
        ("TIFF", 10_000_001, True),
    ],
)
def test_q04_bytes(form: str, byte_count: int, rejected: bool) -> None:
    expected = [("Q04", Severity.REJECT)] if rejected else []
    assert found(format=form, byte_count=byte_count) == expected


@pytest.mark.requirement("CG-16.5c")
@pytest.mark.parametrize(
    ("width", "height", "flagged"),
    [
        (2480, 3508, False),
        (3508, 2480, False),
        (1748, 2480, False),
        (1240, 1748, False),
        (1011, 638, False),
        (2480 + 58, 3508 - 58, False),
        (2480 + 62, 3508, True),
        (2550, 3300, True),
    ],
)
def test_q05_paper(width: int, height: int, flagged: bool) -> None:
    assert found(width=width, height=height) == ([("Q05", Severity.FLAG)] if flagged else [])


@pytest.mark.parametrize(
    ("skew", "severity"),
    [
        (None, None),
        (1.0, None),
        (-1.14, None),
        (1.2, Severity.FLAG),
        (-2.95, Severity.FLAG),
        (3.1, Severity.FLAG),
        (-3.2, Severity.REJECT),
    ],
)
def test_q07_skew_gives_the_page_the_benefit_of_the_measures_own_error(
    skew: float | None, severity: Severity | None
) -> None:
    assert found(skew_degrees=skew) == ([("Q07", severity)] if severity else [])


@pytest.mark.requirement("CG-16.5e")
def test_q10_a_blank_page_is_listed_as_blank_and_nothing_else() -> None:
    findings = check(
        replace(GOOD, ink_share=0.0009, byte_count=500, dpi=None, skew_degrees=9.0), RULES
    )
    assert [(finding.check, finding.severity) for finding in findings] == [("Q10", Severity.FLAG)]
    assert is_blank(findings)
    assert not is_rejected(findings)
    assert found(ink_share=0.001) == []


def test_findings_come_in_the_order_of_the_checks() -> None:
    checks = found(
        replace(RULES, required_colour=ColourMode.COLOUR),
        dpi=(100.0, 100.0),
        colour_mode=ColourMode.GREY,
        byte_count=5,
        skew_degrees=8.0,
    )
    assert [name for name, _ in checks] == ["Q02", "Q03", "Q04", "Q05", "Q07"]


@pytest.mark.requirement("CG-16.5b")
def test_q06_a_page_on_its_side_is_flagged() -> None:
    assert found(sideways=True) == [("Q06", Severity.FLAG)]


@pytest.mark.requirement("CG-16.5d")
@pytest.mark.parametrize(
    ("cut", "close", "severity"),
    [
        (0, 0, None),
        (3, 3, None),
        (0, 4, Severity.FLAG),
        (5, 5, Severity.FLAG),
        (6, 6, Severity.REJECT),
    ],
)
def test_q08_text_cut_off_is_rejected_and_text_near_the_edge_flagged(
    cut: int, close: int, severity: Severity | None
) -> None:
    seen = found(cut_marks=Sides(1, 0, cut, 0), close_marks=Sides(1, 0, close, 3))
    assert seen == ([("Q08", severity)] if severity else [])


def told(**changes: object) -> Finding:
    [finding] = check(replace(GOOD, **changes), RULES)  # type: ignore[arg-type]
    return finding


def test_q08_names_the_edge() -> None:
    finding = told(cut_marks=Sides(0, 9, 2, 0), close_marks=Sides(0, 12, 2, 0))
    assert (finding.measured, finding.limit) == ("0 mm (× 9)", "≥ 2 mm")
    assert finding.message.in_language("zh") == (
        "该页上边缘处文字被裁切，9 个字符紧贴边缘；请将纸张沿导板放正后重扫。"
    )


SHARP = Detail(blur_pixels=1.8, contrast=0.41, paper_level=215, blown_share=0.2, doubling=0.90)


@pytest.mark.requirement("CG-16.5e")
@pytest.mark.parametrize(
    ("changes", "measured"),
    [
        ({}, None),
        ({"blur_pixels": 2.1}, None),
        ({"blur_pixels": 2.3}, "0.19 mm"),
        ({"contrast": 0.3}, None),
        ({"contrast": 0.29}, "29%"),
        ({"contrast": 0.44, "blown_share": 0.49}, None),
        ({"contrast": 0.44, "blown_share": 0.5}, "44%"),
        ({"paper_level": 120}, None),
        ({"paper_level": 119}, "119"),
    ],
)
def test_q09_sharpness_and_contrast_are_flagged(
    changes: dict[str, float], measured: str | None
) -> None:
    findings = check(replace(GOOD, detail=replace(SHARP, **changes)), RULES)  # type: ignore[arg-type]
    assert [(f.check, f.severity, f.measured) for f in findings] == (
        [("Q09", Severity.FLAG, measured)] if measured else []
    )


def test_q09_blur_is_judged_in_millimetres() -> None:
    blurred = replace(SHARP, blur_pixels=3.0)
    assert found(detail=blurred) == [("Q09", Severity.FLAG)]
    assert found(detail=blurred, dpi=(600.0, 600.0), width=4960, height=7016) == []


@pytest.mark.requirement("CG-16.5c")
@pytest.mark.parametrize(("doubling", "flagged"), [(None, False), (0.95, False), (0.96, True)])
def test_q13_enlarged_images_are_flagged(doubling: float | None, flagged: bool) -> None:
    expected = [("Q13", Severity.FLAG)] if flagged else []
    assert found(detail=replace(SHARP, doubling=doubling)) == expected


def test_a_severity_may_be_set_from_a_day_on() -> None:
    begins = date(2027, 1, 1)
    rules = replace(
        RULES,
        severities={"Q07": Severity.REJECT, "Q02": Severity.FLAG},
        severities_from=begins,
    )
    crooked = replace(GOOD, skew_degrees=2.0, dpi=None, detail=replace(SHARP, contrast=0.1))
    own = {"Q02": Severity.REJECT, "Q07": Severity.FLAG, "Q09": Severity.FLAG}
    set_so = {"Q02": Severity.FLAG, "Q07": Severity.REJECT, "Q09": Severity.FLAG}
    for day, expected in ((date(2026, 12, 31), own), (begins, set_so)):
        assert {f.check: f.severity for f in check(crooked, rules.on(day))} == expected
    assert {f.check: f.severity for f in check(crooked, RULES.on(begins))} == own


def test_parameters_measured_before_the_later_checks_are_still_read() -> None:
    stored = TypeAdapter(ScanParameters).dump_python(GOOD, mode="json")
    later = ("sideways", "cut_marks", "close_marks", "detail")
    old = {name: value for name, value in stored.items() if name not in later}
    assert TypeAdapter(ScanParameters).validate_python(old) == GOOD
    full = replace(GOOD, cut_marks=Sides(1, 2, 3, 4), detail=SHARP)
    kept = TypeAdapter(ScanParameters).dump_json(full)
    assert TypeAdapter(ScanParameters).validate_json(kept) == full
