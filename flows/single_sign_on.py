"""Logging in by the company's identity provider: it proves who somebody is; what they may stays with us.

No account is made by it, no role comes from it, and a second factor that a person has here is asked for here.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flows.accounts import Accounts, LoggedIn
from flows.oidc import Asked, Provider
from flows.settings import oidc_secret
from pipeline.access.accounts import AccountState
from pipeline.access.id_token import Doubt, NotBelieved
from pipeline.errors import UserError
from pipeline.language import say

GOOD_FOR = timedelta(minutes=10)
"""So long a person may take at the provider."""
_MOST = 10_000
"""So many may be on their way at once; of more the oldest begin again."""


@dataclass(frozen=True)
class Begun:
    """A log-in on its way to the provider."""

    address: str
    browser: str
    """For the browser that began it alone; another's answer opens nothing in it."""


@dataclass(frozen=True)
class _Waiting:
    asked: Asked
    to: str
    until: datetime


@dataclass(frozen=True)
class OnTheWay:
    """The log-ins that were begun and not finished; each is taken once."""

    _waiting: OrderedDict[str, _Waiting] = field(default_factory=OrderedDict)
    _one: threading.Lock = field(default_factory=threading.Lock)

    def put(self, browser: str, waiting: _Waiting) -> None:
        """Keep one; the oldest goes when there are too many."""
        with self._one:
            self._waiting[_digest(browser)] = waiting
            while len(self._waiting) > _MOST:
                self._waiting.popitem(last=False)

    def take(self, browser: str, state: str, at: datetime) -> _Waiting | None:
        """Give a browser's once; None when there is none, it took too long, or the state is another's."""
        with self._one:
            found = self._waiting.pop(_digest(browser), None)
        if found is None or at >= found.until:
            return None
        return found if secrets.compare_digest(found.asked.state.encode(), state.encode()) else None


@dataclass(frozen=True)
class SignOn:
    """Logs people in whom the provider proved."""

    accounts: Accounts
    provider: Provider
    on_the_way: OnTheWay = field(default_factory=OnTheWay)

    @classmethod
    def of(cls, accounts: Accounts) -> SignOn:
        """Return the log-in of a workspace whose settings name a provider."""
        parts = accounts.parts
        settings, folder = parts.settings.oidc, parts.workspace.folder
        ca = folder / settings.ca_file if settings.ca_file else None
        return cls(accounts, Provider(settings, oidc_secret(folder, settings), ca))

    def begin(self, to: str, at: datetime) -> Begun:
        """Send somebody to the provider, and then on to ``to``."""
        asked = Asked(*(secrets.token_urlsafe(32) for _ in range(3)))
        address, browser = self.provider.address(asked, at), secrets.token_urlsafe(32)
        self.on_the_way.put(browser, _Waiting(asked, to, at + GOOD_FOR))
        return Begun(address, browser)

    def finish(
        self, browser: str, answer: Mapping[str, str], address: str, at: datetime
    ) -> tuple[LoggedIn, str]:
        """Log in whom the answer proves; returns the session with where it goes on to.

        Raises UserError, and logs it, when the answer does not hold, or there is no account that stands.
        """
        try:
            waiting = self.on_the_way.take(browser, answer.get("state", ""), at)
            if waiting is None:
                raise NotBelieved(Doubt.STATE)
            if answer.get("iss", self.provider.settings.issuer) != self.provider.settings.issuer:
                raise NotBelieved(Doubt.ISSUER)  # RFC 9207
            if not answer.get("code"):
                raise NotBelieved(Doubt.PROVIDER)
            named = self.provider.named(answer["code"], waiting.asked, at)
        except NotBelieved as refused:
            self._refused("?", "company", str(refused.doubt))
            raise
        return self._entered(named, address, at), waiting.to

    def _entered(self, named: str, address: str, at: datetime) -> LoggedIn:
        catalog = self.accounts.parts.catalog
        account = catalog.accounts.one(self.provider.settings.people.get(named, named))
        credential = catalog.credentials.of(account.key) if account else None
        if account is None or account.state is not AccountState.OPEN or credential is None:
            self._refused("?", _digest(named)[:16], "no account")
            raise UserError(
                say(
                    "The company knows you, Paperproof has no account of yours that is open; ask the system "
                    "administrator for one."
                )
            )
        if credential.locked_at(at):
            self._refused(account.person, account.key, "locked")
            raise UserError(
                say(
                    "Your account is locked for a while after several failures; log in again later."
                )
            )
        return self.accounts.enter(account, credential, address, at, by_company=True)

    def _refused(self, who: str, subject: str, reason: str) -> None:
        self.accounts.parts.catalog.web_sessions.refused(who, subject, reason, by_company=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
