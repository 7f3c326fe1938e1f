"""Logging in: password, second factor, session; what web and command line both ask.

Every moment is an argument, so that limits can be tried without waiting. A wrong name, a wrong password and a
locked account are told alike and cost the same work.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from catalog.catalog import Catalog
from catalog.credentials import Credential
from catalog.web_sessions import WebSession
from flows.parts import Parts
from pipeline.access.accounts import Account, AccountState
from pipeline.access.passwords import Hasher, checked_password
from pipeline.access.policy import Because, NotAllowed, Person, person_of
from pipeline.access.rules import AccessRules
from pipeline.access.second_factor import SeedKey, enrolment_uri, new_seed, step_of
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.staff import person_key


@dataclass(frozen=True)
class LoggedIn:
    """A session that has just begun, or begun anew."""

    token: str
    """For the browser alone; kept nowhere."""
    csrf: str
    must_change: bool
    """Nothing but one's own account is open until the password is changed."""
    needs_second_factor: bool
    """Nothing at all is open until a code is shown."""


@dataclass(frozen=True)
class OpenSession:
    """A session as a request finds it."""

    person: Person
    """Without appointments while the password has to be changed."""
    id: str
    csrf: str
    must_change: bool
    needs_second_factor: bool
    has_second_factor: bool


@dataclass(frozen=True)
class Enrolment:
    """A second factor that waits for its first code."""

    seed: str
    uri: str
    """What the QR code says."""


@dataclass(frozen=True)
class Known:
    """A session with the account and the credential behind it."""

    session: WebSession
    account: Account
    credential: Credential


@dataclass(frozen=True)
class Accounts:
    """Logs people in and out, and knows who a session is."""

    parts: Parts
    hasher: Hasher = field(default_factory=Hasher)
    reading: Parts | None = None
    """The same workspace for looking only: who a token is, asked each time, then waits for no writer."""

    def log_in(self, name: str, password: str, address: str, at: datetime) -> LoggedIn:
        """Begin a session; raises UserError, one sentence for every reason but an expired first password."""
        catalog, key = self.parts.catalog, person_key(name)
        account, credential = catalog.accounts.one(name), catalog.credentials.of(key)
        right = self.hasher.agrees(credential.password if credential else None, password)
        if account is None or account.state is not AccountState.OPEN or credential is None:
            catalog.credentials.stranger(hashlib.sha256(key.encode()).hexdigest()[:16])
            raise _wrong()
        if credential.locked_at(at) or not right:
            why = "locked" if credential.locked_at(at) else "password"
            self._failed(account, at, why)
            raise _wrong()
        self._must_be_fresh(credential, at)
        if self.hasher.is_outdated(credential.password):
            catalog.credentials.rehashed(key, self.hasher.hashed(password))
        if not self.parts.settings.oidc.takes_password(account.person):
            catalog.web_sessions.refused(account.person, key, "password switched off")
            raise UserError(
                say("Your password is switched off here; log in with the company's account.")
            )
        return self.enter(account, credential, address, at)

    def enter(
        self,
        account: Account,
        credential: Credential,
        address: str,
        at: datetime,
        *,
        by_company: bool = False,
    ) -> LoggedIn:
        """Begin the session of somebody who was proved; where there is a second factor it waits for that."""
        token, session = self.parts.catalog.web_sessions.begin(
            account.key,
            account.person,
            address,
            at,
            waiting=credential.has_second_factor,
            by_company=by_company,
        )
        return self._logged_in(token, session, credential, at)

    def confirm_second_factor(self, token: str, code: str, at: datetime) -> LoggedIn:
        """Show a code, at log-in or again before an act that asks for it; the session gets a new token."""
        known = self.must_know(token, at)
        step = self._step(known, known.credential.seed, code, at)
        if step is None or not self.parts.catalog.credentials.use_step(known.account.key, step):
            raise self.failed_factor(known, at, _wrong_code())
        return self.renewed(known, at, second_factor=True)

    def person_of(self, token: str, at: datetime) -> Person | None:
        """Return who a token is; None when it opens nothing (yet)."""
        session = self.session_of(token, at)
        return None if session is None or session.needs_second_factor else session.person

    def session_of(self, token: str, at: datetime) -> OpenSession | None:
        """Return the session of a token and mark it as used; None when there is none that stands."""
        known = self._known(token, at)
        if known is None:
            return None
        session, credential = known.session, known.credential
        self.parts.catalog.web_sessions.touch(session, at)
        must_change = self._must_change(session, credential, at)
        appointments = () if must_change else self._looking.staff.of(known.account.person)
        stepped_up = session.stepped_up_at(at, self._rules)
        return OpenSession(
            replace(
                person_of(appointments, known.account.person, session.id, stepped_up),
                own_only=must_change,
            ),
            session.id,
            session.csrf,
            must_change,
            session.waiting,
            credential.has_second_factor,
        )

    def machine_of(self, token: str, at: datetime) -> Person | None:
        """Return who a machine's token acts as, for its acts alone; None when it opens nothing."""
        found = self._looking.machine_tokens.live(token, at)
        account = self._looking.accounts.one(found.person_key) if found else None
        if found is None or account is None or account.state is not AccountState.OPEN:
            return None
        person = person_of(self._looking.staff.of(account.person), account.person, found.id)
        return replace(person, only=found.acts)

    def log_out(self, token: str, at: datetime) -> None:
        """End a session; again, or of none: nothing happens."""
        if known := self._known(token, at):
            self.parts.catalog.web_sessions.end(known.session, known.account.person, at)

    def end_sessions_of(self, name: str, at: datetime) -> int:
        """End every session of a person; returns how many."""
        return self.parts.catalog.web_sessions.end_of(person_key(name), at)

    def change_password(self, token: str, old: str, new: str, at: datetime) -> LoggedIn:
        """Change one's own password; other sessions of the person end. Raises UserError when it is unfit."""
        known = self.must_know(token, at, waiting=False)
        if not self.hasher.agrees(known.credential.password, old):
            self._failed(known.account, at, "password")
            raise UserError(say("The present password is wrong."))
        clean = checked_password(new, known.account.person, self._rules)
        if self.hasher.agrees(known.credential.password, clean):
            raise UserError(say("The new password is the old one; take another."))
        key, person = known.account.key, known.account.person
        hashed = self.hasher.hashed(clean)
        self.parts.catalog.credentials.chosen(key, person, hashed, at, known.session.id)
        self.parts.catalog.web_sessions.end_of(key, at, but=known.session.sha256)
        return self.renewed(known, at, second_factor=False)

    def offer_second_factor(self, token: str, at: datetime) -> Enrolment:
        """Make a seed that counts once a code of it is shown; replacing one asks for a code of it first."""
        known = self.must_know(token, at, waiting=False)
        self.must_have_stepped_up(known, at)
        seed = new_seed()
        sealed = self._seeds.sealed(seed, known.account.key)
        self.parts.catalog.credentials.offer_seed(known.account.key, sealed)
        issuer = f"Paperproof {self.parts.settings.institution}".removesuffix(" Paperproof")
        return Enrolment(seed, enrolment_uri(seed, known.account.person, issuer))

    def take_second_factor(self, token: str, code: str, at: datetime) -> LoggedIn:
        """Let the offered seed count, proved by its first code."""
        known = self.must_know(token, at, waiting=False)
        step = self._step(known, known.credential.seed_offered, code, at)
        if step is None:
            raise self.failed_factor(known, at, _wrong_code())
        account = known.account
        self.parts.catalog.credentials.take_seed(
            account.key, account.person, step, known.session.id
        )
        self.parts.catalog.web_sessions.end_of(account.key, at, but=known.session.sha256)
        return self.renewed(known, at, second_factor=True)

    @property
    def _rules(self) -> AccessRules:
        return self.parts.settings.access

    @property
    def _looking(self) -> Catalog:
        return (self.reading or self.parts).catalog

    @property
    def _seeds(self) -> SeedKey:
        return SeedKey.of(self.parts.workspace.seed_key)

    def _known(self, token: str, at: datetime) -> Known | None:
        known = self._looking.known_sessions.one(token, at, self._rules)
        if known is None:
            return None
        session, account, credential = known
        return Known(session, account, credential) if account.state is AccountState.OPEN else None

    def must_know(self, token: str, at: datetime, *, waiting: bool = True) -> Known:
        """Return who a token is; ``waiting``: a session that waits for its second factor will do."""
        known = self._known(token, at)
        if known is None or (known.session.waiting and not waiting):
            raise UserError(say("Your session has ended; log in again."))
        return known

    def _must_change(self, session: WebSession, credential: Credential, at: datetime) -> bool:
        """Whether the password that a session rests on has to be changed."""
        return not session.by_company and credential.too_old_at(at, self._rules)

    def _must_be_fresh(self, credential: Credential, at: datetime) -> None:
        good_for = timedelta(hours=self._rules.first_password_hours)
        if credential.must_change and at >= credential.changed_at + good_for:
            raise UserError(
                say("This one-time password has expired; ask the system administrator for another.")
            )

    def _step(self, known: Known, sealed: str | None, code: str, at: datetime) -> int | None:
        if sealed is None or known.credential.locked_at(at):
            return None
        seed = self._seeds.opened(sealed, known.account.key)
        return None if seed is None else step_of(code, seed, at)

    def _failed(self, account: Account, at: datetime, what: str) -> bool:
        return self.parts.catalog.credentials.failed(
            account.key, account.person, at, self._rules, what
        )

    def failed_factor(self, known: Known, at: datetime, told: UserError) -> UserError:
        """Count a failure of the second factor; return what the person is told."""
        if self._failed(known.account, at, "second factor"):
            self.parts.catalog.web_sessions.end_of(known.account.key, at)
            return UserError(
                say("Too many wrong codes; the account is locked for a while, log in again later.")
            )
        return told

    def must_have_stepped_up(self, known: Known, at: datetime) -> None:
        """Raise NotAllowed when the person has a second factor and did not show it lately."""
        if known.credential.has_second_factor and not known.session.stepped_up_at(at, self._rules):
            raise NotAllowed(say("Confirm with your second factor first."), Because.SECOND_FACTOR)

    def renewed(self, known: Known, at: datetime, *, second_factor: bool) -> LoggedIn:
        """Give a session a new token; ``second_factor``: it was just shown."""
        token, session = self.parts.catalog.web_sessions.rotate(
            known.session, known.account.person, at, second_factor=second_factor
        )
        credential = self.parts.catalog.credentials.of(known.account.key) or known.credential
        return self._logged_in(token, session, credential, at)

    def _logged_in(
        self, token: str, session: WebSession, credential: Credential, at: datetime
    ) -> LoggedIn:
        must_change = self._must_change(session, credential, at)
        return LoggedIn(token, session.csrf, must_change, session.waiting)


def _wrong() -> UserError:
    return UserError(
        say(
            "Name or password is not right, or the account is locked; after several failures it is locked "
            "for a while."
        )
    )


def _wrong_code() -> UserError:
    return UserError(
        say("This code is not right, or was used already; wait for the next one and type that.")
    )
