"""The accounts: acts are added, never changed; what proves an account lies in ``catalog.credentials``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Engine, Row, bindparam, func, insert, select

from catalog.credentials import forgive, give_password, remove, take_factor_away
from catalog.log import append
from catalog.tables import account_act
from catalog.web_sessions import end_sessions
from pipeline.access.accounts import (
    Account,
    AccountAct,
    AccountActKind,
    AccountState,
    accounts_of,
)
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.staff import person_key


class AccountRegister:
    """Makes, locks, resets and ends accounts; sessions of an account end with each but the making."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> tuple[Account, ...]:
        """Give every account, ended ones too, oldest first."""
        with self._engine.connect() as connection:
            found = accounts_of(_acts(connection))
        return tuple(sorted(found.values(), key=lambda one: one.since))

    def one(self, name: str) -> Account | None:
        """Give a person's account; None when there never was one."""
        with self._engine.connect() as connection:
            return _one(connection, person_key(name))

    def add(self, *made: tuple[AccountAct, str]) -> None:
        """Make accounts, each with the hash of a one-time password, all or none.

        Raises UserError when a person has one that stands.
        """
        with self._engine.begin() as connection:
            for act, password in made:
                key = person_key(act.person)
                before = _one(connection, key)
                if before is not None and before.state is not AccountState.ENDED:
                    raise UserError(
                        say(
                            "{person} has an account already; one person has one.",
                            person=before.person,
                        )
                    )
                _enter(connection, act, key)
                give_password(connection, key, password, act.at)

    def change(self, act: AccountAct, password: str | None = None) -> None:
        """Lock, unlock, reset or end an account; its sessions end. ``password``: the hash, for a reset.

        Raises UserError when there is none that stands.
        """
        key = person_key(act.person)
        with self._engine.begin() as connection:
            before = _one(connection, key)
            if before is None or before.state is AccountState.ENDED:
                raise UserError(
                    say(
                        "{person} has no account; see “paperproof account list”.", person=act.person
                    )
                )
            _enter(connection, act, key)
            end_sessions(connection, key, act.at)
            if act.kind is AccountActKind.UNLOCK:
                forgive(connection, key)
            elif act.kind is AccountActKind.FACTOR:
                take_factor_away(connection, key, act.at)
            elif act.kind is AccountActKind.END:
                remove(connection, key, act.at)
            elif password is not None:
                give_password(connection, key, password, act.at)


def _one(connection: Connection, key: str) -> Account | None:
    return accounts_of(_acts(connection, key)).get(key)


def account_in(rows: Iterable[Row[Any]]) -> Account | None:
    """Give the account that rows tell of, which are acts on one in their order."""
    return next(iter(accounts_of(map(_act, rows)).values()), None)


_ACTS = select(account_act).order_by(account_act.c.id)
_ACTS_OF = _ACTS.where(account_act.c.person_key == bindparam("key"))


def _acts(connection: Connection, key: str | None = None) -> list[AccountAct]:
    asked = _ACTS if key is None else _ACTS_OF
    return [_act(row) for row in connection.execute(asked, {} if key is None else {"key": key})]


def _act(row: Row[Any]) -> AccountAct:
    return AccountAct(AccountActKind(row.kind), row.person, row.by, row.at, row.reason)


def _enter(connection: Connection, act: AccountAct, key: str) -> None:
    last = connection.execute(select(func.max(account_act.c.id))).scalar() or 0
    connection.execute(
        insert(account_act).values(
            id=last + 1,
            kind=str(act.kind),
            person=act.person,
            person_key=key,
            reason=act.reason,
            by=act.by,
            at=act.at,
        )
    )
    append(connection, act.by, f"account.{act.kind}", key, reason=act.reason)
