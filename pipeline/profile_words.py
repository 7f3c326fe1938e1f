"""What the keys of a profile's entries are called, for people who do not write it."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.language import Message, say

WORDS: Mapping[str, Message] = {
    "name": say("name"),
    "category": say("category"),
    "pages": say("pages of one paper"),
    "identity_document": say("shows an identity card"),
    "share": say("serves other businesses"),
    "share_within": say("serves within"),
    "valid_months": say("serves for months"),
    "satisfies": say("is as good as"),
    "fields": say("must stand on it"),
    "more_fields": say("must stand on it besides"),
    "rules": say("rules of the scan"),
    "tasks": say("papers asked for"),
    "required": say("always due"),
    "optional": say("has its place, missed by nobody"),
    "conditional": say("due on a condition"),
    "fresh": say("must be new"),
    "trigger": say("counted from"),
    "years": say("years"),
    "medium": say("kept as"),
    "in_force": say("in force"),
    "min_dpi": say("least dpi"),
    "max_dpi": say("most dpi"),
    "dpi_tolerance": say("tolerance of dpi (share)"),
    "dpi_ratio_tolerance": say("difference of the two dpi (share)"),
    "required_colour": say("colour"),
    "min_bytes": say("least bytes, compressed"),
    "min_bytes_lossless": say("least bytes, lossless"),
    "max_bytes": say("most bytes"),
    "papers": say("papers"),
    "paper_tolerance_mm": say("tolerance of the paper's size, mm"),
    "flag_skew_degrees": say("skew that is flagged, degrees"),
    "reject_skew_degrees": say("skew that is refused, degrees"),
    "skew_error_degrees": say("error of the skew's measure, degrees"),
    "reject_cut_marks": say("cut characters that refuse a page"),
    "flag_close_marks": say("characters near the edge that are flagged"),
    "max_blur_mm": say("most blur, mm"),
    "min_contrast": say("least contrast"),
    "min_contrast_blown": say("least contrast where over-exposed"),
    "blown_share": say("share of white that is over-exposed"),
    "min_paper_level": say("least brightness of the paper"),
    "max_doubling": say("limit of enlarged scans"),
    "blank_ink_share": say("share of ink below which a page is blank"),
    "single_sided": say("printed on one side"),
    "areas": say("places of signatures and stamps"),
    "severities": say("what checks do to a page"),
    "severities_from": say("from when on they do so"),
}
"""Key -> its words; codes and dates stand for themselves."""
