"""An access request opens what it names, to its applicant, for its days, once another has approved it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from pipeline.access.acts import Act
from pipeline.access.requests import (
    ASKED_FOR,
    AccessRequest,
    Asked,
    RequestAct,
    RequestActKind,
    RequestState,
    Subject,
    checked_request,
    opening,
)
from pipeline.errors import UserError

TODAY = date(2026, 11, 27)
NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
ASKED = Asked(
    "3301", "9409350117", (), (Act.PAGE_VIEW, Act.PAGE_PRINT), "核对", TODAY, date(2026, 11, 29)
)
APPROVED = RequestAct(RequestActKind.APPROVE, "周总", NOW)
REQUEST = AccessRequest(1, "李静", ASKED, NOW, (APPROVED,))
SUBJECT = Subject("3301", "9409350117", "a" * 64)


def test_it_opens_what_it_names_to_its_applicant() -> None:
    assert opening([REQUEST], "李 静", Act.PAGE_PRINT, SUBJECT, NOW) is REQUEST
    for person, act, subject in (
        ("何敏", Act.PAGE_PRINT, SUBJECT),
        ("李静", Act.PAGE_ORIGINAL, SUBJECT),
        ("李静", Act.PAGE_PRINT, replace(SUBJECT, branch="3302")),
        ("李静", Act.PAGE_PRINT, replace(SUBJECT, customer="9409350118")),
        ("李静", Act.PAGE_PRINT, replace(SUBJECT, customer=None)),
    ):
        assert opening([REQUEST], person, act, subject, NOW) is None


def test_single_pages_open_themselves_alone() -> None:
    pages = replace(REQUEST, asked=replace(ASKED, pages=("a" * 64,)))
    assert pages.opens("李静", Act.PAGE_VIEW, SUBJECT, NOW)
    assert not pages.opens("李静", Act.PAGE_VIEW, replace(SUBJECT, page="b" * 64), NOW)
    assert not pages.opens("李静", Act.PAGE_VIEW, replace(SUBJECT, page=None), NOW)


@pytest.mark.requirement("CG-19b")
def test_it_ends_by_itself_at_midnight_in_shanghai() -> None:
    last = datetime(2026, 11, 29, 15, 59, 59, tzinfo=UTC)
    assert REQUEST.opens("李静", Act.PAGE_VIEW, SUBJECT, last)
    over = last + timedelta(seconds=1)
    assert not REQUEST.opens("李静", Act.PAGE_VIEW, SUBJECT, over)
    assert REQUEST.state_at(over) is RequestState.EXPIRED
    before = datetime(2026, 11, 26, 15, 59, 59, tzinfo=UTC)
    assert not REQUEST.opens("李静", Act.PAGE_VIEW, SUBJECT, before)


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        ((), RequestState.WAITING),
        (("refuse",), RequestState.REFUSED),
        (("revoke",), RequestState.REVOKED),
        (("approve", "revoke"), RequestState.REVOKED),
    ],
)
def test_nothing_else_opens_anything(kinds: tuple[str, ...], state: RequestState) -> None:
    acts = tuple(RequestAct(RequestActKind(kind), "周总", NOW) for kind in kinds)
    request = replace(REQUEST, acts=acts)
    assert request.state_at(NOW) is state
    assert not request.opens("李静", Act.PAGE_VIEW, SUBJECT, NOW)
    if state is not RequestState.WAITING:
        with pytest.raises(UserError, match="nothing more can be decided"):
            request.must_be_open_to(RequestActKind.APPROVE, "周总", NOW)


@pytest.mark.requirement("CG-19b")
def test_nobody_decides_on_their_own() -> None:
    waiting = replace(REQUEST, acts=())
    for kind in (RequestActKind.APPROVE, RequestActKind.REFUSE):
        with pytest.raises(UserError, match="their own request"):
            waiting.must_be_open_to(kind, "李 静", NOW)
    waiting.must_be_open_to(RequestActKind.REVOKE, "李静", NOW)


@pytest.mark.requirement("RC-10")
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"purpose": "  "}, "Say what you need it for"),
        ({"customer": None}, "Name the customer"),
        ({"acts": ()}, "Say what you need to do: customer.view"),
        ({"acts": (Act.ACCOUNT_ADD,)}, "Say what you need to do"),
        ({"until": date(2026, 11, 26)}, "a later last day"),
        ({"since": date(2026, 12, 2)}, "a later last day"),
        ({"until": date(2026, 12, 27)}, "30 days at most"),
    ],
)
def test_what_nobody_could_decide_on_is_refused(change: dict[str, object], why: str) -> None:
    with pytest.raises(UserError, match=why):
        checked_request(replace(ASKED, **change), TODAY, 30)  # type: ignore[arg-type]


def test_what_is_right_passes() -> None:
    assert checked_request(ASKED, TODAY, 30) == ASKED
    assert checked_request(replace(ASKED, until=date(2026, 12, 26)), TODAY, 30)
    assert Act.PAGE_VIEW in ASKED_FOR
    assert Act.TEXT_SEARCH not in ASKED_FOR
