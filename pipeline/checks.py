"""Judge measured scan parameters against the rules: page checks Q02 to Q10 and Q13.

What the image shows (Q06, Q08, Q09, Q13) is judged in ``image_checks``. Q01 is judged by opening the
page at all; Q12 and Q15 to Q17 are judged once it is read (``flows.judging``).
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.image_checks import detail, edges, enlarged, orientation
from pipeline.language import say
from pipeline.measured import ScanParameters
from pipeline.model import ColourMode, Finding, Severity
from pipeline.scan_rules import PaperSize, ScanRules

MM_PER_INCH = 25.4
_LOSSY = ("JPEG", "JPEG2000")
_COLOUR_RANK = {ColourMode.BITONAL: 0, ColourMode.GREY: 1, ColourMode.COLOUR: 2}


def check(parameters: ScanParameters, rules: ScanRules) -> tuple[Finding, ...]:
    """Return what speaks against a page, in the order of the check ids; empty when it may pass.

    A blank page has that one finding only: whatever else it lacks, it is listed as blank.
    """
    if parameters.ink_share < rules.blank_ink_share:
        return (_blank(parameters, rules),)
    found = (
        *_resolution(parameters, rules),
        *_colour(parameters, rules),
        *_weight(parameters, rules),
        *_paper(parameters, rules),
        *orientation(parameters),
        *_skew(parameters, rules),
        *edges(parameters, rules),
        *detail(parameters, rules),
        *enlarged(parameters, rules),
    )
    return tuple(rules.weighed(finding) for finding in found)


def is_blank(findings: tuple[Finding, ...]) -> bool:
    """Tell whether Q10 found the page blank."""
    return any(finding.check == "Q10" for finding in findings)


def is_rejected(findings: tuple[Finding, ...]) -> bool:
    """Tell whether any finding keeps the page out."""
    return any(finding.severity is Severity.REJECT for finding in findings)


def _blank(parameters: ScanParameters, rules: ScanRules) -> Finding:
    return Finding(
        "Q10",
        Severity.FLAG,
        f"{parameters.ink_share:.3%}",
        f"≥ {rules.blank_ink_share:.1%}",
        say("The page is blank; check that it was not put in face down, and scan the other side."),
    )


def _resolution(parameters: ScanParameters, rules: ScanRules) -> Iterator[Finding]:
    allowed = f"{rules.min_dpi:g}–{rules.max_dpi:g} dpi"
    if parameters.dpi is None and not rules.min_dpi:
        return
    if parameters.dpi is None:
        yield Finding(
            "Q02",
            Severity.REJECT,
            "–",
            allowed,
            say(
                "The page records no resolution; set the scanner to write 300 dpi and scan it again."
            ),
        )
        return
    across, down = parameters.dpi
    told = f"{across:.0f} dpi" if round(across) == round(down) else f"{across:.0f} × {down:.0f} dpi"
    if min(across, down) < rules.min_dpi * (1 - rules.dpi_tolerance):
        yield Finding(
            "Q02",
            Severity.REJECT,
            told,
            f"≥ {rules.min_dpi:g} dpi",
            say(
                "The page was scanned at {measured}, less than {limit:g} dpi; "
                "set the scanner to 300 dpi and scan it again.",
                measured=told,
                limit=rules.min_dpi,
            ),
        )
    elif max(across, down) > rules.max_dpi * (1 + rules.dpi_tolerance):
        yield Finding(
            "Q02",
            Severity.REJECT,
            told,
            f"≤ {rules.max_dpi:g} dpi",
            say(
                "The page was scanned at {measured}, more than {limit:g} dpi; "
                "set the scanner to 300 dpi and scan it again.",
                measured=told,
                limit=rules.max_dpi,
            ),
        )
    elif abs(across - down) > rules.dpi_ratio_tolerance * max(across, down):
        yield Finding(
            "Q02",
            Severity.REJECT,
            told,
            f"x = y ± {rules.dpi_ratio_tolerance:.0%}",
            say(
                "The page was scanned at {measured}, unlike across and down; "
                "set the scanner to 300 dpi and scan it again.",
                measured=told,
            ),
        )


def _colour(parameters: ScanParameters, rules: ScanRules) -> Iterator[Finding]:
    required, seen = rules.required_colour, parameters.colour_mode
    if required is None or _COLOUR_RANK[seen] >= _COLOUR_RANK[required]:
        return
    wanted = (
        say("The page is not in colour; set the scanner to 24-bit colour and scan it again.")
        if required is ColourMode.COLOUR
        else say("The page is black and white only; set the scanner to grey and scan it again.")
    )
    yield Finding("Q03", Severity.REJECT, seen.value, f"≥ {required.value}", wanted)


def _weight(parameters: ScanParameters, rules: ScanRules) -> Iterator[Finding]:
    told = f"{parameters.byte_count / 1000:.0f} kB"
    least = rules.min_bytes if parameters.format in _LOSSY else rules.min_bytes_lossless
    if parameters.byte_count < least:
        yield Finding(
            "Q04",
            Severity.REJECT,
            told,
            f"≥ {least / 1000:.0f} kB",
            say(
                "The page has only {measured} and is compressed too hard or cut off; "
                "set the scanner to better quality and scan it again.",
                measured=told,
            ),
        )
    elif parameters.byte_count > rules.max_bytes:
        yield Finding(
            "Q04",
            Severity.REJECT,
            told,
            f"≤ {rules.max_bytes / 1000:.0f} kB",
            say(
                "The page has {measured}, more than allowed; "
                "set the scanner to 300 dpi with JPEG compression and scan it again.",
                measured=told,
            ),
        )


def _paper(parameters: ScanParameters, rules: ScanRules) -> Iterator[Finding]:
    if parameters.dpi is None or not rules.papers:
        return
    width = parameters.width / parameters.dpi[0] * MM_PER_INCH
    height = parameters.height / parameters.dpi[1] * MM_PER_INCH
    if any(_fits((width, height), paper, rules.paper_tolerance_mm) for paper in rules.papers):
        return
    told = f"{width:.0f} × {height:.0f} mm"
    names = ", ".join(paper.name for paper in rules.papers)
    yield Finding(
        "Q05",
        Severity.FLAG,
        told,
        f"{names} ± {rules.paper_tolerance_mm:g} mm",
        say(
            "The page measures {measured}, which is none of {papers}; "
            "check that the whole paper was scanned.",
            measured=told,
            papers=names,
        ),
    )


def _fits(size: tuple[float, float], paper: PaperSize, tolerance_mm: float) -> bool:
    short, long = sorted(size)
    paper_short, paper_long = sorted((paper.width_mm, paper.height_mm))
    return abs(short - paper_short) <= tolerance_mm and abs(long - paper_long) <= tolerance_mm


def _skew(parameters: ScanParameters, rules: ScanRules) -> Iterator[Finding]:
    if parameters.skew_degrees is None:
        return
    least = abs(parameters.skew_degrees) - rules.skew_error_degrees
    told = f"{parameters.skew_degrees:+.1f}°"
    if least > rules.reject_skew_degrees:
        yield Finding(
            "Q07",
            Severity.REJECT,
            told,
            f"≤ {rules.reject_skew_degrees:g}°",
            say(
                "The page lies askew by {measured}; straighten the paper guides and scan it again.",
                measured=told,
            ),
        )
    elif least > rules.flag_skew_degrees:
        yield Finding(
            "Q07",
            Severity.FLAG,
            told,
            f"≤ {rules.flag_skew_degrees:g}°",
            say(
                "The page lies askew by {measured}; straighten the paper guides.",
                measured=told,
            ),
        )
