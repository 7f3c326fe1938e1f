"""Passkeys as second factor: registering one's devices, and proving oneself by one of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from catalog.passkeys import Device, Devices
from catalog.web_sessions import WebSessions
from flows.accounts import Accounts, Known, LoggedIn
from pipeline.access.passkeys import Passkey, Site, asserted, assertion, registered, registration
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.staff import checked_person

_MOST = 10
"""Devices of one person."""


@dataclass(frozen=True)
class PasskeyDesk:
    """What a session does with passkeys of its person; answers and options are the browser's JSON."""

    accounts: Accounts
    site: Site

    def devices(self, token: str, at: datetime) -> tuple[Device, ...]:
        """Give one's own devices."""
        return self._devices.of(self._entered(token, at).account.key)

    def offer(self, token: str, at: datetime) -> str:
        """Ask the browser for a new device's key; a further factor asks for one there is first."""
        known = self._entered(token, at)
        self.accounts.must_have_stepped_up(known, at)
        keys = self._keys(known)
        if len(keys) >= _MOST:
            raise UserError(say("You have {count} devices; remove one first.", count=len(keys)))
        handle = hashlib.sha256(known.account.key.encode()).digest()
        asked = registration(self.site, known.account.person, handle, keys)
        self._sessions.ask(known.session, asked.nonce)
        return asked.options

    def take(self, token: str, answer: str, name: str, at: datetime) -> LoggedIn:
        """Let the device of an answer count from now on, under a name."""
        known, called = self._entered(token, at), checked_person(name)
        self.accounts.must_have_stepped_up(known, at)
        key = registered(self.site, self._nonce(known), answer)
        account, session = known.account, known.session
        self._devices.add(account.key, account.person, key, called, at, session.id)
        self._sessions.end_of(account.key, at, but=session.sha256)
        return self.accounts.renewed(known, at, second_factor=True)

    def ask(self, token: str, at: datetime) -> str:
        """Ask one of the person's devices to prove itself, at log-in or before an act that asks for it."""
        known = self.accounts.must_know(token, at)
        asked = assertion(self.site, self._keys(known))
        self._sessions.ask(known.session, asked.nonce)
        return asked.options

    def confirm(self, token: str, answer: str, at: datetime) -> LoggedIn:
        """Take a device's proof; the session gets a new token. Failures count as wrong codes do."""
        known = self.accounts.must_know(token, at)
        try:
            if known.credential.locked_at(at):
                raise UserError(say("Your session has ended; log in again."))
            key = asserted(self.site, self._nonce(known), self._keys(known), answer)
        except UserError as error:
            raise self.accounts.failed_factor(known, at, error) from error
        self._devices.used(key, at)
        return self.accounts.renewed(known, at, second_factor=True)

    def end(self, token: str, id: str, at: datetime) -> None:
        """Let one of one's own devices count no more."""
        known = self._entered(token, at)
        self.accounts.must_have_stepped_up(known, at)
        account = known.account
        self._devices.end(account.key, account.person, id, at, known.session.id)

    def _entered(self, token: str, at: datetime) -> Known:
        return self.accounts.must_know(token, at, waiting=False)

    def _keys(self, known: Known) -> tuple[Passkey, ...]:
        return tuple(one.key for one in self._devices.of(known.account.key))

    def _nonce(self, known: Known) -> bytes:
        """Take the question that the session was asked; it is answered once."""
        nonce = self._sessions.take_question(known.session)
        if nonce is None:
            raise UserError(say("This was answered already; begin again."))
        return nonce

    @property
    def _devices(self) -> Devices:
        return self.accounts.parts.catalog.devices

    @property
    def _sessions(self) -> WebSessions:
        return self.accounts.parts.catalog.web_sessions
