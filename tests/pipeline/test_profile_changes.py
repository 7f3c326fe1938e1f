"""What a profile changes is named by the codes of its entries."""

from pipeline.profile import read_profile, shipped_profile
from pipeline.profile_changes import ALWAYS, changes, differences

ONE = """
profile: a
version: 1
categories: {C: {zh: 类, en: class}}
types:
  T: {name: {zh: 凭条, en: slip}, category: C}
  U: {name: {zh: 证件, en: card}, category: C}
businesses:
  B1: {name: {zh: 存取, en: cash}, tasks: [{required: [T]}]}
"""


def test_what_is_added_changed_and_removed_is_told() -> None:
    other = ONE.replace("  U: {name: {zh: 证件, en: card}", "  V: {name: {zh: 证件, en: card}")
    other = other.replace("required: [T]", "required: [T, V]")
    told = [str(one.message) for one in changes(read_profile(ONE, "a"), read_profile(other, "b"))]
    assert told == [
        "Document types: added V; changed –; removed U.",
        "Businesses: added –; changed B1; removed –.",
    ]


def test_nothing_is_told_of_the_same() -> None:
    assert list(changes(shipped_profile(), shipped_profile())) == []


def test_each_value_is_told_from_what_to_what() -> None:
    before = ONE.replace("category: C}\n  U", "category: C, rules: [{min_dpi: 200}]}\n  U")
    after = before.replace("{min_dpi: 200}", "{min_dpi: 300}, {from: 2027-01-01, papers: [A5]}")
    after = after.replace("required: [T]", "required: [T], conditional: {U: agent}")
    type_, business = differences(read_profile(before, "a"), read_profile(after, "b"))
    assert (type_.code, type_.is_new, type_.is_gone) == ("T", False, False)
    assert [(one.place, one.before, one.after) for one in type_.differences] == [
        (("rules", ALWAYS, "min_dpi"), "200", "300"),
        (("rules", "2027-01-01", "papers"), "", "A5"),
    ]
    assert [(one.place, one.after) for one in business.differences] == [
        (("tasks", ALWAYS, "conditional", "U"), "agent")
    ]


def test_every_entry_that_is_new_or_gone_is_among_the_differences() -> None:
    brokerage, hospital = shipped_profile(), shipped_profile("hospital")
    found = list(differences(brokerage, hospital))
    told = {one.kind: one for one in changes(brokerage, hospital)}
    for kind, one in told.items():
        of_kind = [entry for entry in found if entry.kind == kind]
        assert [entry.code for entry in of_kind if entry.is_new] == list(one.added)
        assert [entry.code for entry in of_kind if entry.is_gone] == list(one.removed)
        assert all(entry.differences for entry in of_kind)
    assert list(differences(hospital, hospital)) == []
