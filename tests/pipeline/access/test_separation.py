"""Administration and business, and one administration and another, never meet in one person."""

from datetime import UTC, datetime
from itertools import combinations

import pytest

from pipeline.access.separation import SIDE_OF, conflict, holdings
from pipeline.staff import Appointment, Role

AT = datetime(2026, 11, 19, tzinfo=UTC)
BUSINESS = {
    Role.TELLER,
    Role.OPERATOR,
    Role.REVIEWER,
    Role.ARCHIVIST,
    Role.HEADQUARTERS,
    Role.COMPLIANCE,
}


def test_every_role_has_a_side() -> None:
    assert set(SIDE_OF) == set(Role)


@pytest.mark.requirement("CG-07b")
def test_what_may_meet_is_business_alone_system_alone_and_audit_alone() -> None:
    may = {frozenset(pair) for pair in combinations(Role, 2) if conflict(pair) is None}
    assert may == {frozenset(pair) for pair in combinations(BUSINESS, 2)} | {
        frozenset({Role.IT, Role.SYSTEM_ADMIN}),
        frozenset({Role.AUDITOR, Role.AUDIT_ADMIN}),
    }


def test_the_sentence_names_both_roles() -> None:
    told = str(conflict([Role.REVIEWER, Role.TELLER, Role.IT]))
    assert told == (
        "Reviewer (Business) and IT (System administration) may not meet in one person (CG-07b)"
    )


def test_a_person_is_held_together_by_name_whatever_the_blanks() -> None:
    found = holdings(
        [
            Appointment("李静", Role.REVIEWER, "3301", AT),
            Appointment("李 静", Role.IT, None, AT),
            Appointment("李静", Role.AUDITOR, None, AT, until=AT),
            Appointment("何敏", Role.ARCHIVIST, "3301", AT),
            Appointment("何敏", Role.ARCHIVIST, "3302", AT),
        ]
    )
    assert [(one.person, one.roles) for one in found] == [
        ("李静", (Role.REVIEWER, Role.IT)),
        ("何敏", (Role.ARCHIVIST,)),
    ]
    assert [one.conflict is None for one in found] == [False, True]
