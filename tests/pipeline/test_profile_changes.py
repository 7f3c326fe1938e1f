"""What a profile changes is named by the codes of its entries."""

from pipeline.profile import read_profile, shipped_profile
from pipeline.profile_changes import changes

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
