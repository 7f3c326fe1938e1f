"""The one table of rules: every act has one, and it is denied to whoever it does not name."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.access.acts import ACTS, Act
from pipeline.access.policy import (
    RULES,
    Allowed,
    Because,
    Person,
    Refused,
    Scope,
    branches_of,
    decide,
    must_be_allowed,
    person_of,
)
from pipeline.errors import UserError
from pipeline.staff import Appointment, Role

AT = datetime(2026, 11, 19, tzinfo=UTC)
HEAD = Appointment("周总", Role.HEADQUARTERS, None, AT)
REVIEWER = Appointment("李 静", Role.REVIEWER, "3301", AT)

BEFORE = {
    (Act.SAMPLE_DRAW, Act.SAMPLE_VIEW): (
        {Role.HEADQUARTERS, Role.COMPLIANCE, Role.AUDITOR},
        Scope.ALL_BRANCHES,
    ),
    (Act.SAMPLE_ANSWER, Act.TASK_REVIEW): ({Role.REVIEWER}, Scope.BRANCH),
    (Act.PROFILE_PUBLISH, Act.CALENDAR_IMPORT, Act.BRANCH_CHANGE): (
        {Role.HEADQUARTERS},
        Scope.ALL_BRANCHES,
    ),
    (Act.PAPER_REGISTER, Act.PAPER_EXPLAIN, Act.HANDOVER_GIVE): (
        {Role.TELLER, Role.OPERATOR},
        Scope.BRANCH,
    ),
    (Act.HOLD_CHANGE,): ({Role.HEADQUARTERS, Role.COMPLIANCE}, Scope.ALL_BRANCHES),
    (Act.CARRIER_CHANGE,): ({Role.IT}, Scope.ALL_BRANCHES),
    (Act.HANDOVER_RECEIVE, Act.ARCHIVE_FILE): ({Role.ARCHIVIST}, Scope.BRANCH),
    (Act.ROW_CONFIRM,): ({Role.TELLER}, Scope.BRANCH),
    (Act.CUSTOMERS_IMPORT,): ({Role.HEADQUARTERS, Role.IT}, Scope.ALL_BRANCHES),
    (Act.TASK_CHANGE,): (
        {Role.TELLER, Role.OPERATOR, Role.ARCHIVIST, Role.HEADQUARTERS},
        Scope.BRANCH,
    ),
}
"""What docs/staff.md promises."""


def session(*held: tuple[Role, str | None], second_factor: bool = False) -> Person:
    appointments = [Appointment("李静", role, branch, AT) for role, branch in held]
    return person_of(appointments, "李静", "s1", second_factor)


@pytest.mark.requirement("CG-07a")
def test_every_act_has_a_rule_and_a_title() -> None:
    assert set(RULES) == set(ACTS) == set(Act)


@pytest.mark.requirement("CG-19k", "B2-15")
@pytest.mark.parametrize(("acts", "rule"), BEFORE.items())
def test_acts_are_open_to_whom_the_documents_name(
    acts: tuple[Act, ...], rule: tuple[set[Role], Scope]
) -> None:
    for act in acts:
        assert (set(RULES[act].roles), RULES[act].scope) == rule


def test_before_the_register_binds_everybody_may_at_the_command_line() -> None:
    must_be_allowed([REVIEWER], "nobody", Act.AUDIT_READ)
    ended = Appointment("周总", Role.HEADQUARTERS, None, AT, until=AT)
    must_be_allowed([ended], "nobody", Act.AUDIT_READ)


def test_a_security_administrator_alone_puts_it_in_force() -> None:
    known = [Appointment("钱安", Role.SECURITY_ADMIN, None, AT)]
    with pytest.raises(UserError, match="nobody is not registered as Reviewer"):
        must_be_allowed(known, "nobody", Act.TASK_REVIEW, "3301")


def test_with_headquarters_only_who_is_appointed_may() -> None:
    known = [HEAD, REVIEWER]
    must_be_allowed(known, "李静", Act.TASK_REVIEW, "3301")
    must_be_allowed(known, "周总", Act.PROFILE_PUBLISH)
    for person, act, branch in (
        ("李静", Act.TASK_REVIEW, "3302"),
        ("李静", Act.TASK_REVIEW, None),
        ("李静", Act.HANDOVER_RECEIVE, "3301"),
        ("李", Act.TASK_REVIEW, "3301"),
    ):
        with pytest.raises(UserError, match="is not registered as"):
            must_be_allowed(known, person, act, branch)


def test_an_ended_appointment_counts_no_more_and_one_for_all_counts_everywhere() -> None:
    ended = Appointment("李静", Role.REVIEWER, "3301", AT, until=AT)
    with pytest.raises(UserError, match="Reviewer of branch 3301"):
        must_be_allowed([HEAD, ended], "李静", Act.TASK_REVIEW, "3301")
    everywhere = [HEAD, Appointment("李静", Role.REVIEWER, None, AT)]
    for branch in ("3301", "9", None):
        must_be_allowed(everywhere, "李静", Act.TASK_REVIEW, branch)


def refusal(person: Person | None, act: Act, branch: str | None = None, **told: object) -> Because:
    decision = decide(person, act, branch, **told)  # type: ignore[arg-type]
    assert isinstance(decision, Refused)
    return decision.because


def test_a_refusal_says_what_is_lacking() -> None:
    assert refusal(None, Act.TASK_VIEW, "3301") is Because.LOG_IN
    archivist = session((Role.ARCHIVIST, "3301"))
    assert refusal(archivist, Act.TASK_REVIEW, "3301") is Because.ROLE
    assert refusal(archivist, Act.HANDOVER_RECEIVE, "3302") is Because.BRANCH
    assert refusal(archivist, Act.PAGE_VIEW, "3301") is Because.PURPOSE
    assert refusal(archivist, Act.PAGE_VIEW, "3301", purpose=" ") is Because.PURPOSE
    assert refusal(archivist, Act.PAGE_ORIGINAL, "3301", purpose="案件") is Because.APPROVAL
    system = session((Role.SYSTEM_ADMIN, None))
    assert refusal(system, Act.ACCOUNT_ADD) is Because.SECOND_FACTOR
    proved = session((Role.SYSTEM_ADMIN, None), second_factor=True)
    assert decide(proved, Act.ACCOUNT_ADD) == Allowed()


@pytest.mark.requirement("CG-19a")
def test_an_approved_request_opens_what_a_role_does_not() -> None:
    guest = session((Role.ARCHIVIST, "3302"))
    told = {"purpose": "核对", "granted": True}
    assert decide(guest, Act.PAGE_VIEW, "3301", **told) == Allowed()  # type: ignore[arg-type]
    assert refusal(guest, Act.HANDOVER_RECEIVE, "3301", **told) is Because.BRANCH
    assert decide(guest, Act.PAGE_PRINT, "3302", **told) == Allowed()  # type: ignore[arg-type]


def test_nobody_logged_in_may_log_in_and_no_more() -> None:
    assert {act for act in Act if isinstance(decide(None, act), Allowed)} == {Act.LOG_IN}


def test_administrators_see_nothing_of_customers() -> None:
    """三员: no administrator's role is in a rule about customers' data or pages."""
    admins = {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN, Role.IT}
    seen = [act for act, rule in RULES.items() if rule.purpose or act is Act.PAGE_WORK]
    assert not [act for act in seen if RULES[act].roles & admins]
    assert not RULES[Act.ACCOUNT_ADD].roles & RULES[Act.STAFF_APPOINT].roles
    assert Role.AUDIT_ADMIN not in RULES[Act.STAFF_APPOINT].roles | RULES[Act.ACCOUNT_ADD].roles


BRANCHES = ("3301", "3302", None)
HELD = st.lists(st.tuples(st.sampled_from(Role), st.sampled_from(BRANCHES)), max_size=4)


@pytest.mark.requirement("CG-09a")
@given(HELD, st.sampled_from(Act), st.sampled_from(("3301", "3302", "3303")))
def test_the_list_of_branches_and_the_decision_on_one_agree(
    held: list[tuple[Role, str | None]], act: Act, branch: str
) -> None:
    person = session(*held, second_factor=True)
    places = branches_of(person, act)
    decision = decide(person, act, branch, purpose="核对")
    lacks_right = isinstance(decision, Refused) and decision.because in (
        Because.ROLE,
        Because.BRANCH,
    )
    assert lacks_right == (places is not None and branch not in places)
