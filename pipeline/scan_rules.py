"""What a page must meet to be admitted: limits and severities of the page checks Q02 to Q13.

Limits follow DA/T 31-2017 (resolution, margin), local rule lhda.com.cn 2023 (skew), the headquarters
parameters (bytes a page) and, where no rule gives a figure, what was measured on good and spoilt scans.
The defaults stand here alone: a workspace's settings say what differs for all pages, a document type
(``pipeline.profile``) what differs for its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, ClassVar, Literal, cast

from pydantic import ConfigDict

from pipeline.content import Content
from pipeline.language import say
from pipeline.model import Area, ColourMode, Finding, Severity
from pipeline.unfit import Unfit

JudgedCheck = Literal["Q02", "Q03", "Q04", "Q05", "Q06", "Q07", "Q08", "Q09", "Q13"]
"""Checks whose severity may be set; Q01 always rejects, Q10 makes a page blank."""


@dataclass(frozen=True)
class PaperSize:
    """A paper that pages are scanned from, in millimetres; either way up."""

    name: str
    width_mm: float
    height_mm: float


PAPERS = (
    PaperSize("A4", 210, 297),
    PaperSize("A5", 148, 210),
    PaperSize("A6", 105, 148),
    PaperSize("ID", 85.6, 54),
)


@dataclass(frozen=True)
class ScanRules:
    """What a page must meet to be admitted; headquarters may set each."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    min_dpi: float = 200
    """Q02; 300 for identity cards and small print; 0 asks for nothing, as of photographs."""
    max_dpi: float = 600
    """Q02."""
    dpi_tolerance: float = 0.02
    """Q02: share by which a recorded dpi may miss the limits."""
    dpi_ratio_tolerance: float = 0.01
    """Q02: share by which horizontal and vertical dpi may differ."""
    required_colour: ColourMode | None = None
    """Q03; None asks for nothing."""
    min_bytes: int = 20_000
    """Q04, for JPEG and JPEG 2000: less means that detail was compressed away."""
    min_bytes_lossless: int = 2_000
    """Q04, for TIFF and PNG: a sound bitonal voucher has 10 to 20 kB."""
    max_bytes: int = 10_000_000
    """Q04."""
    papers: tuple[PaperSize, ...] = PAPERS
    """Q05; empty asks for nothing."""
    paper_tolerance_mm: float = 5
    """Q05."""
    flag_skew_degrees: float = 1
    """Q07: beyond it the page is flagged."""
    reject_skew_degrees: float = 3
    """Q07: beyond it the page is rejected."""
    skew_error_degrees: float = 0.15
    """Q07: error of the measure itself; a page is judged by the least skew it may truly have."""
    reject_cut_marks: int = 6
    """Q08: so many characters touching one edge mean that text is cut off."""
    flag_close_marks: int = 4
    """Q08: so many characters within 2 mm of one edge; fewer are dirt and paper edge."""
    max_blur_mm: float = 0.18
    """Q09: sigma of the blur; strokes of 9 point print are 0.3 mm wide. Hard specimens reach 0.15."""
    min_contrast: float = 0.3
    """Q09: darkness of the strokes; hard specimens with a worn ribbon keep 0.4."""
    min_contrast_blown: float = 0.45
    """Q09: the same where the paper is full white, and pale strokes are lost in it."""
    blown_share: float = 0.5
    """Q09: share of full white from which the paper counts as over-exposed."""
    min_paper_level: int = 120
    """Q09: brightness of the paper, of 255; tinted paper in poor light keeps 190."""
    max_doubling: float = 0.95
    """Q13: true scans reach 0.90; most scans enlarged twice lie between 0.96 and 1.7."""
    blank_ink_share: float = 0.001
    """Q10: below it the page is blank."""
    single_sided: bool = False
    """Q10: the paper is printed on one side, so a blank page behind a page of it is its back."""
    areas: tuple[Area, ...] = ()
    """Q17: where signatures and stamps must stand, as shares of the page; a form's own areas go first."""
    severities: Mapping[JudgedCheck, Severity] = field(default_factory=dict)
    """What a check does to a page instead of its own severity."""
    severities_from: date | None = None
    """First business day of ``severities``; None: always."""

    def __post_init__(self) -> None:
        for least, most in (
            ("min_dpi", "max_dpi"),
            ("min_bytes", "max_bytes"),
            ("flag_skew_degrees", "reject_skew_degrees"),
        ):
            if getattr(self, least) > getattr(self, most):
                raise Unfit(say("{least} is more than {most}", least=least, most=most))

    def on(self, day: date) -> ScanRules:
        """Return the rules as they hold on business day ``day``."""
        if self.severities_from is None:
            return self
        begun = day >= self.severities_from
        return replace(self, severities=self.severities if begun else {}, severities_from=None)

    def weighed(self, finding: Finding) -> Finding:
        """Give ``finding`` the severity that these rules set for its check."""
        severity = self.severities.get(cast(JudgedCheck, finding.check), finding.severity)
        return replace(finding, severity=severity)


_RULES = Content(ScanRules)


def as_json(rules: ScanRules) -> dict[str, Any]:
    """Return rules as JSON-ready values, every one of them."""
    dumped: dict[str, Any] = _RULES.dump(rules)
    return dumped


def changed(rules: ScanRules, changes: Mapping[str, Any]) -> ScanRules:
    """Return ``rules`` with ``changes`` above them; severities add up, check by check.

    Raises ValueError (pydantic's) naming what is no rule or cannot be its value.
    """
    merged = {**as_json(rules), **changes}
    if isinstance(own := changes.get("severities"), Mapping):
        merged["severities"] = {**rules.severities, **own}
    return _RULES.load(merged)
