"""Packages that leave: never package and key by one channel, never decided on by who asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.access.policy import NotAllowed
from pipeline.errors import UserError
from pipeline.exports import (
    Channel,
    Export,
    ExportAct,
    ExportActKind,
    ExportState,
    Wanted,
    What,
    checked_export,
)

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
WANTED = Wanted(
    branch="3301",
    what=What.CUSTOMER,
    names=("9409350101",),
    purpose="协查 2026-77",
    recipient="杭州中院 王法官",
    package_by=Channel.EMAIL,
    key_by=Channel.PHONE,
)
ASKED = Export(1, "何静", WANTED, AT)


@pytest.mark.requirement("B1-02")
@pytest.mark.parametrize("channel", list(Channel))
def test_package_and_key_by_one_channel_are_refused(channel: Channel) -> None:
    with pytest.raises(UserError, match="the key goes by another channel"):
        checked_export(replace(WANTED, package_by=channel, key_by=channel))


@pytest.mark.parametrize(
    "wrong",
    [
        {"purpose": " "},
        {"recipient": ""},
        {"names": ()},
        {"names": ("1", "2")},
    ],
)
def test_what_nobody_could_approve_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UserError):
        checked_export(replace(WANTED, **wrong))  # type: ignore[arg-type]
    assert checked_export(replace(WANTED, what=What.LIST, names=("1", "2")))


def done(*kinds: ExportActKind) -> Export:
    return replace(ASKED, acts=tuple(ExportAct(kind, "郑规", AT) for kind in kinds))


def test_an_export_goes_from_asking_to_handing_over_and_an_approval_ends() -> None:
    kinds = ExportActKind
    assert ASKED.state_at(AT, 30) is ExportState.WAITING
    approved = done(kinds.APPROVE)
    assert approved.state_at(AT + timedelta(days=30), 30) is ExportState.APPROVED
    assert approved.state_at(AT + timedelta(days=31), 30) is ExportState.EXPIRED
    assert done(kinds.REFUSE).state_at(AT, 30) is ExportState.REFUSED
    made = done(kinds.APPROVE, kinds.MAKE)
    assert made.state_at(AT + timedelta(days=99), 30) is ExportState.MADE
    package = done(kinds.APPROVE, kinds.MAKE, kinds.SEND_PACKAGE)
    assert package.state_at(AT, 30) is ExportState.MADE
    with pytest.raises(UserError, match="cannot be done"):
        package.must_allow(kinds.SEND_PACKAGE, "何静", AT, 30)
    assert (
        done(kinds.APPROVE, kinds.MAKE, kinds.SEND_PACKAGE, kinds.SEND_KEY).state_at(AT, 30)
        is ExportState.SENT
    )


def test_the_applicant_never_decides_and_alone_makes() -> None:
    for kind in (ExportActKind.APPROVE, ExportActKind.REFUSE):
        with pytest.raises(NotAllowed, match="another person"):
            ASKED.must_allow(kind, " 何静", AT, 30)
    with pytest.raises(UserError, match="cannot be done"):
        ASKED.must_allow(ExportActKind.MAKE, "何静", AT, 30)
    with pytest.raises(NotAllowed, match="who makes it"):
        done(ExportActKind.APPROVE).must_allow(ExportActKind.MAKE, "吴敏", AT, 30)
