"""Judge what a page's image shows: how it lies, its edges, its sharpness (checks Q06, Q08, Q09, Q13)."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.language import Message, say
from pipeline.measured import Detail, ScanParameters, Sides
from pipeline.model import Finding, Severity
from pipeline.scan_rules import ScanRules

_MM_PER_INCH = 25.4


def orientation(parameters: ScanParameters) -> Iterator[Finding]:
    """Q06: text lines run up or down the page. Upside down shows only when the page is read."""
    if parameters.sideways:
        message = say("The page lies on its side; put the paper into the scanner upright.")
        yield Finding("Q06", Severity.FLAG, "90°", "0°", message)


def edges(parameters: ScanParameters, rules: ScanRules) -> Iterator[Finding]:
    """Q08: text that touches an edge, or stands closer to it than the margin."""
    cut, close = max(parameters.cut_marks), max(parameters.close_marks)
    if cut >= rules.reject_cut_marks:
        yield Finding(
            "Q08",
            Severity.REJECT,
            f"0 mm (× {cut})",
            "≥ 2 mm",
            say(
                "Text is cut off at {edge} of the page, {count} characters touch it; "
                "put the paper straight against the guides and scan it again.",
                edge=_edge(parameters.cut_marks),
                count=cut,
            ),
        )
    elif close >= rules.flag_close_marks:
        yield Finding(
            "Q08",
            Severity.FLAG,
            f"< 2 mm (× {close})",
            "≥ 2 mm",
            say(
                "Text stands less than 2 mm from {edge} of the page; "
                "check on the paper that nothing is cut off.",
                edge=_edge(parameters.close_marks),
            ),
        )


def _edge(marks: Sides) -> Message:
    names = (
        say("the left edge"),
        say("the upper edge"),
        say("the right edge"),
        say("the lower edge"),
    )
    return names[marks.index(max(marks))]


def detail(parameters: ScanParameters, rules: ScanRules) -> Iterator[Finding]:
    """Q09: blurred, too dark, over-exposed or faint."""
    seen = parameters.detail
    if seen is None:
        return
    if parameters.dpi is not None:
        yield from _blur(seen.blur_pixels * _MM_PER_INCH / min(parameters.dpi), rules)
    if seen.paper_level < rules.min_paper_level:
        yield Finding(
            "Q09",
            Severity.FLAG,
            f"{seen.paper_level}",
            f"≥ {rules.min_paper_level}",
            say("The page is too dark; set the scanner brighter and scan it again."),
        )
    yield from _contrast(seen, rules)


def _blur(blur_mm: float, rules: ScanRules) -> Iterator[Finding]:
    if blur_mm > rules.max_blur_mm:
        told = f"{blur_mm:.2f} mm"
        yield Finding(
            "Q09",
            Severity.FLAG,
            told,
            f"≤ {rules.max_blur_mm:g} mm",
            say(
                "The page is blurred by {measured}; lay the paper flat, clean the glass and scan it again.",
                measured=told,
            ),
        )


def _contrast(seen: Detail, rules: ScanRules) -> Iterator[Finding]:
    blown = seen.blown_share >= rules.blown_share
    least = rules.min_contrast_blown if blown else rules.min_contrast
    if seen.contrast >= least:
        return
    told = f"{seen.contrast:.0%}"
    yield Finding(
        "Q09",
        Severity.FLAG,
        told,
        f"≥ {least:.0%}",
        say(
            "The page is over-exposed, its text has {measured} contrast; "
            "set the scanner darker and scan it again.",
            measured=told,
        )
        if blown
        else say(
            "The text is faint, it has {measured} contrast; set the scanner to more contrast and scan "
            "it again, and look at the printer's ribbon.",
            measured=told,
        ),
    )


def enlarged(parameters: ScanParameters, rules: ScanRules) -> Iterator[Finding]:
    """Q13: an image enlarged twice after scanning (150 to 300 dpi); other factors do not show."""
    doubling = parameters.detail.doubling if parameters.detail else None
    if doubling is not None and doubling > rules.max_doubling:
        yield Finding(
            "Q13",
            Severity.FLAG,
            f"{doubling:.2f}",
            f"≤ {rules.max_doubling:g}",
            say(
                "The page looks enlarged from half its resolution; set the scanner itself to 300 dpi "
                "and scan the paper again."
            ),
        )
