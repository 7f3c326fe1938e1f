"""What a person sees and takes away of their own account: second factors and sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from catalog.passkeys import Device
from catalog.web_sessions import WebSession
from flows.accounts import Accounts, Known
from pipeline.errors import UserError
from pipeline.language import say


@dataclass(frozen=True)
class OwnAccount:
    """What stands behind one's own account."""

    has_codes: bool
    """Whether an authenticator's codes count."""
    devices: tuple[Device, ...]
    sessions: tuple[WebSession, ...]
    """The newest first."""
    session: str
    """The id of the session that asks."""
    stepped_up: bool
    """Whether the second factor was shown lately."""


@dataclass(frozen=True)
class OwnDesk:
    """What a session does with the account it belongs to."""

    accounts: Accounts

    def show(self, token: str, at: datetime) -> OwnAccount:
        """Give factors and sessions; a session that waits for its second factor may ask too."""
        known = self.accounts.must_know(token, at)
        catalog, rules = self.accounts.parts.catalog, self.accounts.parts.settings.access
        return OwnAccount(
            known.credential.seed is not None,
            catalog.devices.of(known.account.key),
            catalog.web_sessions.of(known.account.key, at, rules),
            known.session.id,
            known.session.stepped_up_at(at, rules),
        )

    def remove_codes(self, token: str, at: datetime) -> None:
        """Let the authenticator count no more; asks for the second factor first."""
        known = self._known(token, at)
        self.accounts.must_have_stepped_up(known, at)
        self.accounts.parts.catalog.credentials.end_seed(
            known.account.key, known.account.person, known.session.id
        )

    def end_session(self, token: str, id: str, at: datetime) -> None:
        """End another session of one's own, on a machine that was left."""
        known = self._known(token, at)
        if id == known.session.id:
            raise UserError(say("This is the session that you are in; log out instead."))
        self.accounts.parts.catalog.web_sessions.end_other(
            known.session, known.account.person, id, at
        )

    def _known(self, token: str, at: datetime) -> Known:
        return self.accounts.must_know(token, at, waiting=False)
