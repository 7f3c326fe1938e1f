"""Access requests (查阅审批单, CG-19b): who asks to see what of whom, what for, how long; who decided."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from pipeline.access.acts import Act
from pipeline.access.policy import RULES, NotAllowed
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.staff import person_key

_SHA256 = re.compile("[0-9a-f]{64}")
ASKED_FOR = tuple(act for act, rule in RULES.items() if rule.purpose and act is not Act.TEXT_SEARCH)
"""What a request can open: acts on one customer's data."""


@dataclass(frozen=True)
class Subject:
    """What of whom is looked at."""

    branch: str
    customer: str | None = None
    """The customer's number, where it is known."""
    page: str | None = None
    """The page's SHA-256; None: not a single page."""


class RequestActKind(StrEnum):
    """What is done to a request."""

    APPROVE = "approve"
    REFUSE = "refuse"
    REVOKE = "revoke"


DECISIONS: Mapping[RequestActKind, Message] = {
    RequestActKind.APPROVE: say("approved"),
    RequestActKind.REFUSE: say("turned down"),
    RequestActKind.REVOKE: say("revoked"),
}
"""What was done to a request."""


class RequestState(StrEnum):
    """How a request stands at a moment."""

    WAITING = "waiting"
    APPROVED = "approved"
    EXPIRED = "expired"
    REFUSED = "refused"
    REVOKED = "revoked"


REQUEST_STATES: Mapping[RequestState, Message] = {
    RequestState.WAITING: say("waits for a decision"),
    RequestState.APPROVED: say("approved"),
    RequestState.EXPIRED: say("expired"),
    RequestState.REFUSED: say("turned down"),
    RequestState.REVOKED: say("revoked"),
}


@dataclass(frozen=True)
class Asked:
    """What a request asks for."""

    branch: str
    customer: str | None
    pages: tuple[str, ...]
    """SHA-256s of single pages; empty: all of the customer's."""
    acts: tuple[Act, ...]
    purpose: str
    since: date
    until: date
    """The last day, in Shanghai; nothing has to be done for it to end."""


@dataclass(frozen=True)
class RequestAct:
    """A decision on a request, or its revocation."""

    kind: RequestActKind
    person: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True)
class AccessRequest:
    """A request with what became of it."""

    no: int
    applicant: str
    asked: Asked
    at: datetime
    acts: tuple[RequestAct, ...] = ()

    def state_at(self, at: datetime) -> RequestState:
        """How it stands at a moment; it expires by itself."""
        kinds = {act.kind for act in self.acts}
        if RequestActKind.REFUSE in kinds:
            return RequestState.REFUSED
        if RequestActKind.REVOKE in kinds:
            return RequestState.REVOKED
        if at.astimezone(ZONE).date() > self.asked.until:
            return RequestState.EXPIRED
        return RequestState.APPROVED if RequestActKind.APPROVE in kinds else RequestState.WAITING

    def opens(self, person: str, act: Act, subject: Subject, at: datetime) -> bool:
        """Whether it lets a person do an act on a subject at a moment."""
        asked = self.asked
        named = (
            subject.page in asked.pages
            if asked.pages
            else asked.customer is not None and subject.customer == asked.customer
        )
        return (
            named
            and act in asked.acts
            and subject.branch == asked.branch
            and person_key(person) == person_key(self.applicant)
            and self.state_at(at) is RequestState.APPROVED
            and at.astimezone(ZONE).date() >= asked.since
        )

    def must_be_open_to(self, kind: RequestActKind, person: str, at: datetime) -> None:
        """Raise UserError when the act does not suit the state, NotAllowed for one's own request."""
        state = self.state_at(at)
        wanted = (
            (RequestState.WAITING, RequestState.APPROVED)
            if kind is RequestActKind.REVOKE
            else (RequestState.WAITING,)
        )
        if state not in wanted:
            raise UserError(
                say(
                    "Request {no} is {state}; nothing more can be decided on it.",
                    no=self.no,
                    state=REQUEST_STATES[state],
                )
            )
        if kind is not RequestActKind.REVOKE and person_key(person) == person_key(self.applicant):
            raise NotAllowed(
                say("Nobody decides on their own request; another person must."), "own request"
            )


def checked_request(asked: Asked, today: date, most_days: int) -> Asked:
    """Return what is asked; raises UserError when nobody could decide on it."""
    if not asked.purpose.strip():
        raise UserError(say("Say what you need it for; it is kept in the log."))
    if asked.customer is None and not asked.pages:
        raise UserError(say("Name the customer, or the pages, that you need to see."))
    for page in asked.pages:
        if not _SHA256.fullmatch(page):
            raise UserError(say("“{page}” is no page's SHA-256; copy its 64 signs.", page=page))
    unknown = [act for act in asked.acts if act not in ASKED_FOR]
    if unknown or not asked.acts:
        raise UserError(
            say("Say what you need to do: {acts}.", acts=", ".join(str(act) for act in ASKED_FOR))
        )
    if asked.until < today or asked.until < asked.since:
        raise UserError(
            say("The request would have ended before it begins; name a later last day.")
        )
    if (asked.until - max(asked.since, today)).days >= most_days:
        raise UserError(
            say(
                "A request holds for {days} days at most; name an earlier last day.", days=most_days
            )
        )
    return asked


def opening(
    requests: Iterable[AccessRequest], person: str, act: Act, subject: Subject, at: datetime
) -> AccessRequest | None:
    """Return the request that lets a person do an act on a subject; None: there is none."""
    return next((one for one in requests if one.opens(person, act, subject, at)), None)
