"""The profile: those shipped hold, a version is chosen by day, a mistake is named by its place."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import UserError
from pipeline.model import ColourMode, Severity
from pipeline.profile import GENERAL, SHIPPED, Profile, load_profile, shipped_profile
from pipeline.scan_rules import ScanRules

TODAY = date(2026, 11, 19)
ONE_TYPE = """
profile: test
version: 3
papers: {SLIP: [190, 93]}
categories: {C: {zh: 类, en: class}}
types:
  T:
    name: {zh: 凭条, en: slip}
    category: C
    rules:
      - {papers: [A5]}
      - {from: 2020-01-01, papers: [SLIP, A5], min_dpi: 300, severities: {Q05: reject}}
      - {from: 2027-01-01, required_colour: colour}
  U:
    name: {zh: 证件, en: card}
    category: C
    share: customer
    valid_months: 6
    satisfies: [T]
businesses:
  B1:
    name: {zh: 存取, en: cash}
    tasks:
      - {required: [T], conditional: {U: agent}}
      - {from: 2020-01-01, required: [U, T], fresh: [U]}
  B2: {name: {zh: 其他, en: other}, tasks: [{required: [T], conditional: {U: {same_day_business: [B1]}}}]}
"""


def loaded(folder: Path, text: str) -> Profile:
    path = folder / "own.yaml"
    path.write_text(text, "utf-8")
    return load_profile(path)


def test_the_shipped_profile_holds_for_every_type_on_every_kind_of_day() -> None:
    profile = shipped_profile()
    assert len(profile.types) == 46  # the account system's 45, and the witness film itself
    for code, kind in profile.types.items():
        for day in (date(2010, 1, 1), date(2018, 1, 1), TODAY):
            force = profile.rules_in_force(code, day, ScanRules())
            assert force.document_type == code
            of_pages = code != "DUALVIDEO"  # a film is never scanned
            assert force.source.startswith(f"brokerage 1 {code}" if of_pages else "general")
        assert kind.name.in_language("zh") != kind.name.in_language("en")


@pytest.mark.requirement("CG-13g")
def test_the_brokerage_asks_for_papers_in_27_businesses() -> None:
    businesses = BROKERAGE.businesses
    assert len(businesses) == 27
    opening = businesses["B101"].version_on(TODAY)
    assert opening is not None
    assert opening.required[0] == "OPEN_APP"
    assert {"ID_F", "ID_B"} <= set(opening.required)  # a copy of the identity document (B1-38)
    fresh = [code for code, business in businesses.items() if business.tasks[0].fresh]
    assert " ".join(fresh) == "B101 B102 B105 B106 B109 B110 B111 B112 B202 B203 B204 B301"
    slip = businesses["B601"].version_on(TODAY)
    assert slip is not None
    assert slip.required == ("CASH_SLIP",)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_profile_shipped_names_its_papers_in_both_languages(name: str) -> None:
    profile = shipped_profile(name)
    assert profile.profile == name
    assert len(profile.types) >= 6
    assert len(profile.businesses) >= 4
    kinds = [kind.name for kind in profile.types.values()]
    names = [*kinds, *(business.name for business in profile.businesses.values())]
    assert all(name.zh != name.en for name in names)


def test_the_papers_of_a_business_change_with_the_day(tmp_path: Path) -> None:
    business = loaded(tmp_path, ONE_TYPE).businesses["B1"]
    before, since = (business.version_on(date(2019, 12, 31)), business.version_on(date(2020, 1, 1)))
    assert before is not None
    assert since is not None
    assert [code for code, _ in before.needs] == ["T", "U"]
    assert [code for code, _ in since.needs] == ["U", "T"]


def test_identity_cards_need_300_dpi_since_the_standard_is_in_force() -> None:
    profile = shipped_profile()
    before = profile.rules_in_force("ID_F", date(2017, 12, 31), ScanRules())
    since = profile.rules_in_force("ID_F", date(2018, 1, 1), ScanRules())
    assert (before.rules.min_dpi, since.rules.min_dpi) == (200, 300)
    assert [paper.name for paper in since.rules.papers] == ["ID"]
    assert since.rules.required_colour is ColourMode.COLOUR
    assert since.source == "brokerage 1 ID_F 2018-01-01"
    assert before.id != since.id


@pytest.mark.requirement("CG-16.5a")
@pytest.mark.parametrize(
    ("day", "dpi", "colour"),
    [
        (date(2019, 12, 31), 250, None),
        (date(2020, 1, 1), 300, None),
        (date(2026, 12, 31), 300, None),
        (date(2027, 1, 1), 250, ColourMode.COLOUR),
    ],
)
def test_the_version_in_force_is_taken_whole_above_the_general_rules(
    tmp_path: Path, day: date, dpi: float, colour: ColourMode | None
) -> None:
    rules = loaded(tmp_path, ONE_TYPE).rules_in_force("T", day, ScanRules(min_dpi=250)).rules
    assert (rules.min_dpi, rules.required_colour) == (dpi, colour)


def test_severities_of_type_and_workspace_add_up(tmp_path: Path) -> None:
    general = ScanRules(severities={"Q08": Severity.FLAG}, severities_from=date(2026, 1, 1))
    profile = loaded(tmp_path, ONE_TYPE)
    rules = profile.rules_in_force("T", TODAY, general).rules
    assert rules.severities == {"Q08": Severity.FLAG, "Q05": Severity.REJECT}
    earlier = profile.rules_in_force("T", date(2025, 1, 1), general).rules
    assert earlier.severities == {"Q05": Severity.REJECT}


def test_without_a_type_or_before_its_first_version_the_general_rules_hold(tmp_path: Path) -> None:
    late = ONE_TYPE.replace("      - {papers: [A5]}\n", "")
    profile = loaded(tmp_path, late)
    for code in (None, "T"):
        force = profile.rules_in_force(code, date(2019, 1, 1), ScanRules())
        assert (force.source, force.rules) == (GENERAL, ScanRules())


BROKERAGE = shipped_profile()


@given(st.dates(), st.dates())
def test_rules_have_one_identity_as_long_as_the_same_version_holds(one: date, other: date) -> None:
    profile = BROKERAGE
    first, second = (profile.rules_in_force("ID_B", day, ScanRules()) for day in (one, other))
    assert (first.id == second.id) == (first.source == second.source)


@pytest.mark.requirement("CG-16.1b")
@pytest.mark.parametrize(
    ("wrong", "right", "named"),
    [
        ("min_dpy: 300", "min_dpi: 300", r"types\.T\.rules\.2\.min_dpy"),
        ("min_dpi: many", "min_dpi: 300", r"types\.T\.rules\.2\.min_dpi"),
        ("papers: [B5]", "papers: [A5]", r"types\.T\.rules\.1\.papers: there is no paper B5"),
        ("papers: A5", "papers: [A5]", r"types\.T\.rules\.1\.papers"),
        ("{Q99: reject}", "{Q05: reject}", r"types\.T\.rules\.2\.severities\.Q99"),
        ("from: 2028-01-01", "from: 2020-01-01", r"types\.T\.rules: each version begins"),
        ("category: D", "category: C", r"types\.T\.category: there is no category D"),
        ("colour: red", "name: {zh: 凭条, en: slip}", r"types\.T\.name"),
        ("satisfies: [V]", "satisfies: [T]", r"types\.U\.satisfies: there is no document type V"),
        ("share: none", "share: customer", r"types\.U: valid_months"),
        ("valid_months: 0", "valid_months: 6", r"types\.U\.valid_months"),
        ("valid_months: for ever", "valid_months: 6", r"types\.U\.valid_months"),
        (
            "required: [V]",
            "required: [T]",
            r"businesses\.B1\.tasks\.1: there is no document type V",
        ),
        ("required: []", "required: [T]", r"businesses\.B1\.tasks\.1\.required"),
        ("{U: by_agent}", "{U: agent}", r"businesses\.B1\.tasks\.1\.conditional\.U: .*by_agent"),
        ("{T: agent}", "{U: agent}", r"businesses\.B1\.tasks\.1: T is asked for twice"),
        ("fresh: [V]", "fresh: [U]", r"businesses\.B1\.tasks\.2\.fresh: V is not asked for"),
        ("[B3]", "[B1]", r"businesses\.B2\.tasks\.1\.conditional: there is no business B3"),
        ("  T: {name", "  B2: {name", r"businesses\.T: a document type has this code"),
        ("version: 3\nversion: 4", "version: 3", "version stands twice"),
        ("{zh: 类, en: class", "{zh: 类, en: class}", "mend that line"),
    ],
)
def test_a_mistake_is_named_by_file_type_and_key(
    tmp_path: Path, wrong: str, right: str, named: str
) -> None:
    assert right in ONE_TYPE
    with pytest.raises(UserError, match=rf"own\.yaml.*{named}"):
        loaded(tmp_path, ONE_TYPE.replace(right, wrong, 1))


def test_general_rules_that_a_type_cannot_stand_above_are_told() -> None:
    with pytest.raises(UserError, match=r"ID_F.*min_dpi is more than max_dpi"):
        shipped_profile().rules_in_force("ID_F", TODAY, ScanRules(max_dpi=250))


def test_a_type_that_is_not_there_is_told() -> None:
    with pytest.raises(UserError, match=r"brokerage has no document type ID_X"):
        shipped_profile().rules_in_force("ID_X", TODAY, ScanRules())
