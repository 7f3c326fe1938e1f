"""The page: self-contained, safe, in both languages."""

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from catalog.reports.html import render_html
from catalog.reports.view import Report
from pipeline.balance import BranchDay, CatalogedPage, Discrepancy, DiscrepancyKind

ReportOf = Callable[..., Report]
VOID = {"meta", "img", "link", "br"}


class Outline(HTMLParser):
    """Collects tags, attributes and text, and sees that what is opened is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_needs_nothing_beside_itself(branch_day: BranchDay, report_of: ReportOf) -> None:
    outline = Outline(render_html(report_of(branch_day)))
    links = [value for _, attrs in outline.tags for key, value in attrs.items() if key == "href"]
    assert links
    assert all(link and re.fullmatch(r"#d\d+", link) for link in links)
    sources = [attrs["src"] for tag, attrs in outline.tags if tag == "img"]
    assert len(sources) == 4
    assert all(source and source.startswith("data:image/jpeg;base64,") for source in sources)
    assert {tag for tag, _ in outline.tags}.isdisjoint({"script", "link", "iframe", "object"})
    assert "url(" not in outline.text
    assert "@import" not in outline.text


def test_chinese_and_english(branch_day: BranchDay, report_of: ReportOf) -> None:
    chinese = Outline(render_html(report_of(branch_day))).text
    english = Outline(render_html(report_of(branch_day, lang="en"))).text
    for words in (
        "凭证勾对差错报告",
        "有流无单",
        "含客户信息，注意保管",
        "暂定",
        "平衡",
        "54,030.33",
    ):
        assert words in chinese
    for words in ("Voucher mismatch report", "Contains customer data", "provisional", "balanced"):
        assert words in english
    own_words = english.split("示例证券")[1].replace("余玲", "").replace("曹博", "")
    assert not re.search("[\u4e00-\u9fff]", own_words)


def test_differing_characters_are_emphasised(branch_day: BranchDay, report_of: ReportOf) -> None:
    page = render_html(report_of(branch_day))
    assert "54,<mark>9</mark>30.33" in page
    assert "54,<mark>0</mark>30.33" in page


def test_hostile_words_stay_words(
    branch_day: BranchDay,
    report_of: ReportOf,
    discrepancy: Callable[..., Discrepancy],
    page: Callable[..., CatalogedPage],
) -> None:
    name = '"><script>alert(1)</script></style>.jpg'
    odd = discrepancy(DiscrepancyKind.SURPLUS_IMAGE, (page(name),), read={"<b>": "<i>\udcff"})
    day = replace(branch_day, branch="</style><script>", discrepancies=(odd,))
    outline = Outline(render_html(report_of(day, institution="</title><script>")))
    assert "script" not in {tag for tag, _ in outline.tags}
    assert name in outline.text


@pytest.mark.parametrize("content", [None, b"", b"<svg onload=alert(1)>", b"GIF89a"])
def test_what_is_no_picture_is_not_embedded(
    branch_day: BranchDay, report_of: ReportOf, content: bytes | None
) -> None:
    page = render_html(report_of(branch_day, thumbnail=lambda page: content))
    assert "<img" not in page
    assert page.count("影像无法显示") == 4


def test_branches_are_named_where_they_are_several(
    branch_day: BranchDay, report_of: ReportOf
) -> None:
    other = replace(branch_day, branch="3302", discrepancies=(), matches=())
    text = Outline(render_html(report_of(branch_day, other))).text
    assert "营业部 3301" in text
    assert "营业部 3302" in text


def test_a_day_without_anything(report_of: ReportOf) -> None:
    text = Outline(render_html(report_of())).text
    assert "当日没有营业部完成对账。" in text
    assert "无差错，无需处理。" in text
