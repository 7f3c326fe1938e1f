"""Packages that leave the system: one asks, another approves, encrypted, the key by another channel.

B1-01: whatever leaves goes as an encrypted package. B1-02: its key goes by another channel, and the register
keeps both. What counts as leaving: docs/decisions/0039-what-leaves-is-encrypted.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline.access.policy import NotAllowed
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.staff import person_key


class What(StrEnum):
    """What an export holds."""

    TRANSACTION = "transaction"
    CUSTOMER = "customer"
    DAY = "day"
    LIST = "list"
    """Transactions named one by one."""
    INDEX = "index"
    """The index of a span of days: a line for each archived page, without pictures."""


WHATS: Mapping[What, Message] = {
    What.TRANSACTION: say("one transaction"),
    What.CUSTOMER: say("a customer's transactions"),
    What.DAY: say("a business day"),
    What.LIST: say("listed transactions"),
    What.INDEX: say("the index of archived pages"),
}


class Channel(StrEnum):
    """A way on which something is handed over; two names of one way would defeat B1-02, so they are fixed."""

    EMAIL = "email"
    PORTAL = "portal"
    CARRIER = "carrier"
    """Written to a disc or stick and handed over or sent."""
    POST = "post"
    COURIER = "courier"
    IN_PERSON = "in_person"
    PHONE = "phone"
    SMS = "sms"


CHANNELS: Mapping[Channel, Message] = {
    Channel.EMAIL: say("e-mail"),
    Channel.PORTAL: say("recipient's portal"),
    Channel.CARRIER: say("disc or stick"),
    Channel.POST: say("post"),
    Channel.COURIER: say("courier"),
    Channel.IN_PERSON: say("in person"),
    Channel.PHONE: say("telephone"),
    Channel.SMS: say("text message"),
}


class ExportActKind(StrEnum):
    """What is done to an export."""

    APPROVE = "approve"
    REFUSE = "refuse"
    MAKE = "make"
    SEND_PACKAGE = "send_package"
    SEND_KEY = "send_key"


DONE: Mapping[ExportActKind, Message] = {
    ExportActKind.APPROVE: say("approved"),
    ExportActKind.REFUSE: say("turned down"),
    ExportActKind.MAKE: say("package made"),
    ExportActKind.SEND_PACKAGE: say("package handed over"),
    ExportActKind.SEND_KEY: say("key handed over"),
}


class ExportState(StrEnum):
    """How an export stands at a moment."""

    WAITING = "waiting"
    APPROVED = "approved"
    EXPIRED = "expired"
    REFUSED = "refused"
    MADE = "made"
    SENT = "sent"
    """Package and key were both handed over."""


EXPORT_STATES: Mapping[ExportState, Message] = {
    ExportState.WAITING: say("waits for a decision"),
    ExportState.APPROVED: say("approved, to be made"),
    ExportState.EXPIRED: say("expired"),
    ExportState.REFUSED: say("turned down"),
    ExportState.MADE: say("made, to be handed over"),
    ExportState.SENT: say("package and key handed over"),
}


@dataclass(frozen=True)
class Wanted:
    """What an export asks for."""

    branch: str
    what: What
    names: tuple[str, ...]
    """Serial numbers; a customer number; a day; of an index a day or a span of days."""
    purpose: str
    recipient: str
    """Who gets it: institution and person."""
    package_by: Channel
    key_by: Channel
    age_key: str = ""
    """The recipient's public key of age; empty: a passphrase is made."""


@dataclass(frozen=True)
class ExportAct:
    """One act on an export."""

    kind: ExportActKind
    person: str
    at: datetime
    note: str = ""
    """Why; of what was handed over, to whom and where."""
    sha256: str = ""
    """Of the encrypted package, when it is made."""


@dataclass(frozen=True)
class Export:
    """An export with what became of it."""

    no: int
    applicant: str
    wanted: Wanted
    at: datetime
    acts: tuple[ExportAct, ...] = ()

    @property
    def number(self) -> str:
        """The package's name."""
        return f"EXPORT-{self.no:06d}"

    def act(self, kind: ExportActKind) -> ExportAct | None:
        """Return the act of a kind; None: it was not done."""
        return next((one for one in self.acts if one.kind is kind), None)

    def state_at(self, at: datetime, days: int) -> ExportState:
        """How it stands at a moment; an approval holds for ``days``."""
        kinds = {one.kind for one in self.acts}
        if ExportActKind.REFUSE in kinds:
            return ExportState.REFUSED
        if {ExportActKind.SEND_PACKAGE, ExportActKind.SEND_KEY} <= kinds:
            return ExportState.SENT
        if ExportActKind.MAKE in kinds:
            return ExportState.MADE
        approved = self.act(ExportActKind.APPROVE)
        if approved is None:
            return ExportState.WAITING
        return (
            ExportState.EXPIRED if at > approved.at + timedelta(days=days) else ExportState.APPROVED
        )

    def channel_of(self, kind: ExportActKind) -> Channel:
        """The channel that was approved for package or key."""
        package = kind is ExportActKind.SEND_PACKAGE
        return self.wanted.package_by if package else self.wanted.key_by

    def must_allow(self, kind: ExportActKind, person: str, at: datetime, days: int) -> None:
        """Raise UserError when an act cannot be done now, NotAllowed for the wrong person."""
        state = self.state_at(at, days)
        if state is not _BEFORE[kind] or self.act(kind) is not None:
            raise UserError(
                say(
                    "{number}: {state}; this cannot be done to it now.",
                    number=self.number,
                    state=EXPORT_STATES[state],
                )
            )
        own = person_key(person) == person_key(self.applicant)
        if kind in (ExportActKind.APPROVE, ExportActKind.REFUSE) and own:
            raise NotAllowed(
                say("Nobody decides on their own request; another person must."), "own request"
            )
        if kind is ExportActKind.MAKE and not own:
            raise NotAllowed(
                say(
                    "{number} was approved for {person}, who makes it.",
                    number=self.number,
                    person=self.applicant,
                ),
                "another's export",
            )


_BEFORE = {
    ExportActKind.APPROVE: ExportState.WAITING,
    ExportActKind.REFUSE: ExportState.WAITING,
    ExportActKind.MAKE: ExportState.APPROVED,
    ExportActKind.SEND_PACKAGE: ExportState.MADE,
    ExportActKind.SEND_KEY: ExportState.MADE,
}


def checked_export(wanted: Wanted) -> Wanted:
    """Return what is asked for; raises UserError when nobody could approve it."""
    if not wanted.purpose.strip() or not wanted.recipient.strip():
        raise UserError(say("Say what the package is for, and who gets it; both are kept."))
    if not wanted.names or (wanted.what is not What.LIST and len(wanted.names) != 1):
        raise UserError(
            say("Name one transaction, customer, day or span of days; or a list of transactions.")
        )
    if wanted.package_by is wanted.key_by:
        raise UserError(
            say(
                "Package and key would both go by {channel}; the key goes by another channel (B1-02).",
                channel=CHANNELS[wanted.key_by],
            )
        )
    return wanted
