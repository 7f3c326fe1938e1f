"""The command line's contract: the shape that programs rely on."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from catalog.reports.contract import COUNTS, as_contract
from pipeline.balance import BranchDay, Discrepancy, DiscrepancyKind
from pipeline.language import say
from pipeline.model import FieldName

DAY = date(2026, 11, 19)


def test_one_branch_day(branch_day: BranchDay) -> None:
    told = as_contract(DAY, "3301", [branch_day], "en")
    assert list(told) == [
        "day",
        "branch",
        "closed",
        "counts",
        "matches",
        "discrepancies",
        "late",
        "papers",
    ]
    assert (told["day"], told["branch"], told["closed"]) == ("2026-11-19", "3301", True)
    assert told["counts"] == branch_day.counts
    match = told["matches"][0]
    assert {key: match[key] for key in ("branch", "serial_no", "pages", "how", "score")} == {
        "branch": "3301",
        "serial_no": "202611193301999357",
        "pages": ["0001.jpg"],
        "how": "serial",
        "score": 25.0,
    }
    assert match["evidence"][2] == {
        "field": "amount",
        "read": "54930.33",
        "expected": "54030.33",
        "verdict": "differs",
        "weight": -4.0,
        "source": "rapidocr",
        "confidence": 0.9877,
    }
    assert told["discrepancies"][4] == {
        "kind": "MISSING_IMAGE",
        "branch": "3301",
        "serial_no": "202611193301000017",
        "pages": [],
        "page_refs": [],
        "read": {},
        "expected": {"amount": "-12.50", "customer_name": "曹博"},
        "reason": "The page is blank.",
        "remedy": "Look at the page and key the amount.",
        "owner": "teller",
        "owner_name": "10009",
        "deadline": "2026-11-20",
        "provisional": True,
    }


def test_sentences_follow_the_language_and_nothing_else_does(branch_day: BranchDay) -> None:
    english, chinese = (as_contract(DAY, None, [branch_day], lang) for lang in ("en", "zh"))
    for each in (*english["discrepancies"], *chinese["discrepancies"]):
        del each["remedy"]
    assert chinese["discrepancies"][0].pop("reason") == "该页为空白页。"
    assert english["discrepancies"][0].pop("reason") == "The page is blank."
    assert english["matches"] == chinese["matches"]
    assert english["discrepancies"][0] == chinese["discrepancies"][0]


def test_several_branches_are_summed_and_told_apart(branch_day: BranchDay) -> None:
    other = replace(branch_day, branch="3302", closed=False, counts={"images": 2, "blank": 2})
    told = as_contract(DAY, None, [branch_day, other], "en")
    assert (told["branch"], told["closed"]) == (None, False)
    assert (told["counts"]["images"], told["counts"]["blank"], told["counts"]["matched"]) == (
        6,
        3,
        1,
    )
    assert [each["branch"] for each in told["branches"]] == ["3301", "3302"]
    assert told["branches"][1]["counts"] == dict.fromkeys(COUNTS, 0) | {"images": 2, "blank": 2}
    assert [each["branch"] for each in told["matches"]] == ["3301", "3302"]


def test_the_only_branch_is_named_and_no_branch_is_not_closed(branch_day: BranchDay) -> None:
    assert as_contract(DAY, None, [branch_day], "en")["branch"] == "3301"
    nothing = as_contract(DAY, None, [], "en")
    assert (nothing["branch"], nothing["closed"], nothing["branches"]) == (None, False, [])
    assert nothing["counts"] == dict.fromkeys(COUNTS, 0)


def test_values_become_json_whatever_they_are(
    branch_day: BranchDay, discrepancy: Callable[..., Discrepancy]
) -> None:
    found = discrepancy(
        DiscrepancyKind.FIELD_MISMATCH,
        read={
            FieldName.AMOUNT: Decimal("1E+3"),
            "when": date(2026, 11, 19),
            "told": say("The page is blank."),
            "among": (Decimal("0.10"), float("nan")),
            "nested": {FieldName.SERIAL_NO: None},
            "other": frozenset({7}),
        },
    )
    told = as_contract(DAY, "3301", [replace(branch_day, discrepancies=(found,))], "zh")
    assert json.loads(json.dumps(told, allow_nan=False))["discrepancies"][0]["read"] == {
        "amount": "1000",
        "when": "2026-11-19",
        "told": "该页为空白页。",
        "among": ["0.10", None],
        "nested": {"serial_no": None},
        "other": [7],
    }
