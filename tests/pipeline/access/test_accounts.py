"""An account is one person's, and how it stands follows from the acts."""

from datetime import UTC, datetime

import pytest

from pipeline.access.accounts import (
    AccountAct,
    AccountActKind,
    AccountState,
    accounts_of,
    checked_account_name,
)
from pipeline.errors import UserError

AT = datetime(2026, 11, 27, tzinfo=UTC)


def state(*kinds: AccountActKind) -> AccountState:
    acts = [AccountAct(kind, "李 静", "孙系", AT) for kind in kinds]
    return accounts_of(acts)["李静"].state


def test_the_state_follows_from_the_acts() -> None:
    kind = AccountActKind
    assert state(kind.ADD) is AccountState.OPEN
    assert state(kind.ADD, kind.LOCK) is AccountState.LOCKED
    assert state(kind.ADD, kind.LOCK, kind.RESET) is AccountState.LOCKED
    assert state(kind.ADD, kind.LOCK, kind.UNLOCK) is AccountState.OPEN
    assert state(kind.ADD, kind.END) is AccountState.ENDED
    assert state(kind.ADD, kind.END, kind.ADD, kind.FACTOR) is AccountState.OPEN


@pytest.mark.requirement("CG-19f")
@pytest.mark.parametrize("name", ["admin", "ADMIN", "柜 台", "系统管理员", "Reviewer", "root"])
def test_no_account_is_of_several_people(name: str) -> None:
    with pytest.raises(UserError, match="accounts are never shared"):
        checked_account_name(name)
    assert checked_account_name(" 李  静 ") == "李 静"
