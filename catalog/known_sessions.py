"""Who a session's token is: session, account and credential in one question, which every request asks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, bindparam, select

from catalog.accounts import account_in
from catalog.credentials import DEVICES, Credential, credential_in
from catalog.tables import account_act, credential, web_session
from catalog.web_sessions import WebSession, digest_of, session_in, stands
from pipeline.access.accounts import Account
from pipeline.access.rules import AccessRules

_OF_TOKEN = (
    select(
        web_session,
        *(one for one in credential.c if one is not credential.c.person_key),
        DEVICES,
        *(one for one in account_act.c if one is not account_act.c.person_key),
    )
    .join(credential, credential.c.person_key == web_session.c.person_key)
    .join(account_act, account_act.c.person_key == web_session.c.person_key)
    .where(web_session.c.sha256 == bindparam("token"))
    .order_by(account_act.c.id)
)


class KnownSessions:
    """Finds who a token is."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def one(
        self, token: str, at: datetime, rules: AccessRules
    ) -> tuple[WebSession, Account, Credential] | None:
        """Give a token's session, account and credential, whatever state the account is in.

        None when there is no such session, it was ended, is too old or was idle.
        """
        with self._engine.connect() as connection:
            rows = connection.execute(_OF_TOKEN, {"token": digest_of(token)}).all()
        account = account_in(rows)
        if account is None or not stands(rows[0], at, rules):
            return None
        return session_in(rows[0]._mapping), account, credential_in(rows[0])
