"""The view: order, numbers, words, the equation."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from catalog.reports.view import Report
from pipeline.balance import BranchDay, CatalogedPage, Discrepancy, DiscrepancyKind
from pipeline.paper import PaperGroup, PaperKey

ReportOf = Callable[..., Report]


def test_discrepancies_are_numbered_in_working_order(
    branch_day: BranchDay, report_of: ReportOf
) -> None:
    found = report_of(branch_day).discrepancies
    assert [each.number for each in found] == [1, 2, 3, 4, 5]
    assert [each.code for each in found] == [
        "MISSING_IMAGE",
        "SURPLUS_IMAGE",
        "FIELD_MISMATCH",
        "QUALITY_REJECT",
        "BLANK",
    ]
    shuffled = replace(branch_day, discrepancies=branch_day.discrepancies[::-1])
    assert report_of(shuffled).discrepancies == found


@pytest.mark.requirement("CG-16.3b")
def test_every_class_is_in_the_summary(branch_day: BranchDay, report_of: ReportOf) -> None:
    kinds = {each.code: each for each in report_of(branch_day).kinds}
    assert set(kinds) == {str(kind) for kind in DiscrepancyKind}
    blank, duplicate = kinds["BLANK"], kinds["DUPLICATE"]
    assert (blank.words, blank.count, blank.owners, blank.first) == ("空白页", 1, "柜员（经办）", 5)
    assert (duplicate.count, duplicate.owners, duplicate.first) == (0, "", None)


@pytest.mark.requirement("CG-08b")
def test_the_closing_equation_balances_or_says_by_how_much_not(
    branch_day: BranchDay, report_of: ReportOf
) -> None:
    view = report_of(branch_day).branches[0]
    assert [each.total for each in view.sums] == [
        ("影像", 4),
        ("流水", 3),
        ("采集任务", 3),
        ("登记纸质张数", 0),
    ]
    assert view.sums[3].note == "未登记"
    short = PaperGroup(PaperKey(batch="b1"), 4, 3, 0, "吴敏")
    open_day = replace(branch_day, closed=False, papers=(short,))
    assert report_of(open_day).branches[0].sums[3].note == "✗ 未关账"
    assert [each.gap for each in view.sums] == [0, 0, 0, 0]
    assert view.state == report_of(branch_day).state == "已关账，差错 5 项"
    lost = replace(branch_day, counts={**branch_day.counts, "images": 6})
    assert [each.gap for each in report_of(lost).branches[0].sums] == [2, 0, 0, 0]
    assert report_of(lost).state == report_of(lost).branches[0].state == "未平账"


def test_states(branch_day: BranchDay, report_of: ReportOf) -> None:
    clean = replace(branch_day, discrepancies=())
    assert report_of(clean).state == "已关账，账实相符"
    assert report_of(replace(clean, closed=False)).state == "未关账"
    assert report_of(replace(branch_day, closed=False)).state == "未关账，差错 5 项"
    assert report_of().state == "未关账"


def test_a_match_in_a_line(branch_day: BranchDay, report_of: ReportOf) -> None:
    line = report_of(branch_day).matches[0]
    assert (line.customer, line.amount, line.pages) == ("余玲", Decimal("54030.33"), "0001.jpg")
    assert (line.agreeing, line.compared, line.how) == (2, 3, "按流水号")
    assert line.weakest == "金额不符：识别为 54,930.33"


def test_keyed_values_are_told(branch_day: BranchDay, report_of: ReportOf) -> None:
    match = branch_day.matches[0]
    keyed = replace(match, evidence=tuple(replace(e, source="keyed") for e in match.evidence[:1]))
    counts = {**branch_day.counts, "to_key": 2, "keyed": 1}
    report = report_of(replace(branch_day, matches=(keyed,), counts=counts))
    assert "人工补录：" in report.matches[0].weakest
    assert [count for _, count in report.branches[0].keying] == [2, 1, 0]


def test_a_mismatch_is_emphasised_and_a_limit_is_not(
    branch_day: BranchDay, report_of: ReportOf
) -> None:
    found = {each.code: each for each in report_of(branch_day).discrepancies}
    (amount,) = found["FIELD_MISMATCH"].values
    assert amount.differs
    assert [piece.text for piece in amount.read if piece.differs] == ["9"]
    skew, serial = found["QUALITY_REJECT"].values
    assert (skew.label, serial.label) == ("倾斜度（Q07）", "流水号")
    assert not skew.differs
    assert not any(piece.differs for piece in (*skew.read, *skew.expected))


def test_a_page_tells_its_findings_but_not_the_reason_again(
    branch_day: BranchDay, report_of: ReportOf
) -> None:
    found = {each.code: each for each in report_of(branch_day, lang="en").discrepancies}
    assert found["QUALITY_REJECT"].reason == "Page 0003.jpg lies askew."
    assert found["QUALITY_REJECT"].pages[0].notes == ("The page is small.",)
    assert found["FIELD_MISMATCH"].pages[0].notes == (
        "The amount in words differs from the amount in figures.",
    )


def test_codes_not_known_here_are_shown_as_they_are(
    branch_day: BranchDay,
    report_of: ReportOf,
    discrepancy: Callable[..., Discrepancy],
    page: Callable[..., CatalogedPage],
) -> None:
    odd = discrepancy(
        DiscrepancyKind.BLANK,
        (page(doubts=("smells_odd",)),),
        owner="astrologer",
        expected={"colour_of_ink": "blue"},
    )
    (view,) = report_of(replace(branch_day, discrepancies=(odd,))).discrepancies
    assert (view.owner, view.values[0].label, view.pages[0].notes) == (
        "astrologer",
        "colour_of_ink",
        ("smells_odd",),
    )
