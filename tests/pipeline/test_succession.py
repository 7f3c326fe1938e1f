"""Branches that were merged: who is whose heir, and whose rights reach what."""

from datetime import UTC, date, datetime

from pipeline.staff import Appointment, Role
from pipeline.succession import Succession, Successions

FIRST, LATER = (datetime(year, 3, 1, tzinfo=UTC) for year in (2027, 2030))
MERGED = Successions(
    (
        Succession("3302", "3301", date(2027, 3, 1), 1, "总部甲", FIRST),
        Succession("3301", "3300", date(2030, 3, 1), 2, "总部甲", LATER),
    )
)


def test_the_last_successor_is_the_heir() -> None:
    assert [MERGED.heir(one) for one in ("3300", "3301", "3302", "3303")] == [
        *("3300", "3300", "3300", "3303")
    ]
    assert MERGED.inherited("3300") == ("3302", "3301")
    assert MERGED.inherited("3302") == ()


def test_who_took_a_paper_in_follows_from_the_moment() -> None:
    moments = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC), LATER)
    assert [MERGED.received_by("3302", at) for at in moments] == ["3302", "3301", "3300"]


def test_rights_reach_what_was_merged_into_ones_own_branch_and_nothing_else() -> None:
    given = (
        Appointment("吴敏", Role.ARCHIVIST, "3300", FIRST),
        Appointment("何静", Role.ARCHIVIST, "3302", FIRST),
        Appointment("10009", Role.TELLER, "3300", FIRST, None, "10009"),
        Appointment("总部甲", Role.HEADQUARTERS, None, FIRST),
    )
    reach = [(one.person, one.branch, one.teller_no) for one in MERGED.with_rights(given)]
    assert reach == [
        *(("吴敏", "3300", None), ("吴敏", "3302", None), ("吴敏", "3301", None)),
        ("何静", "3302", None),
        *(("10009", "3300", "10009"), ("10009", "3302", None), ("10009", "3301", None)),
        ("总部甲", None, None),
    ]
