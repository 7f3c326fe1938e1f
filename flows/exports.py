"""Asking for packages that leave the system, deciding on them, and entering how package and key went out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from catalog.exports import Exports
from flows.access import Guard
from pipeline.access.acts import Act
from pipeline.access.policy import branches_of
from pipeline.errors import UserError
from pipeline.exports import (
    Export,
    ExportAct,
    ExportActKind,
    ExportState,
    Wanted,
    What,
    checked_export,
)
from pipeline.language import say
from pipeline.staff import in_force, person_key
from pipeline.system_list import Span
from storage.sealing import checked_recipient


@dataclass(frozen=True)
class ExportDesk:
    """What one person does with packages that leave."""

    guard: Guard

    def ask(self, wanted: Wanted, at: datetime) -> Export:
        """Ask for a package; raises UserError when nobody could approve it as it is."""
        self.guard.require(Act.EXPORT_MAKE, wanted.branch)
        checked = checked_export(wanted)
        if checked.what is What.CUSTOMER:
            self.guard.parts.catalog.customers.must_be_known(checked.names[0])
        if checked.what is What.DAY:
            _parsed(checked.names[0])
        if checked.what is What.INDEX:
            Span.read(checked.names[0])
        if checked.age_key:
            checked = replace(checked, age_key=checked_recipient(checked.age_key))
        return self._exports.ask(self.guard.person.name, checked, at)

    def approve(self, no: int, note: str, at: datetime) -> Export:
        """Approve what somebody else asked for."""
        return self._decide(no, ExportActKind.APPROVE, note, at)

    def refuse(self, no: int, note: str, at: datetime) -> Export:
        """Turn down what somebody else asked for."""
        if not note.strip():
            raise UserError(say("Say why, for the record."))
        return self._decide(no, ExportActKind.REFUSE, note, at)

    def sent(self, no: int, kind: ExportActKind, note: str, at: datetime) -> Export:
        """Enter that package or key was handed over by the approved channel; ``note``: to whom and where."""
        self.guard.require(Act.EXPORT_MAKE, self._exports.one(no).wanted.branch)
        if not note.strip():
            raise UserError(say("Say to whom and where it was handed over; it is kept."))
        return self.enter(no, kind, note, at)

    def enter(
        self, no: int, kind: ExportActKind, note: str, at: datetime, sha256: str = ""
    ) -> Export:
        """Enter an act of this person; a refusal for being the wrong one is logged."""
        act = ExportAct(kind, self.guard.person.name, at, note.strip(), sha256)
        staff = self.guard.parts.catalog.staff
        with staff.refusals_logged(act.person, f"export.{kind}", str(no)):
            return self._exports.enter(no, act, self.days)

    def visible(self) -> tuple[Export, ...]:
        """Give the exports this person may see, the newest first."""
        makes, decides = (
            branches_of(self.guard.person, act) for act in (Act.EXPORT_MAKE, Act.EXPORT_APPROVE)
        )
        if makes is None or decides is None or self._is_free:
            return self._exports.all()
        return self._exports.all(makes | decides)

    def may_decide(self, one: Export, at: datetime) -> bool:
        """Whether an export waits for this person, among others."""
        places = branches_of(self.guard.person, Act.EXPORT_APPROVE)
        return (
            one.state_at(at, self.days) is ExportState.WAITING
            and person_key(one.applicant) != self.guard.person.key
            and (places is None or one.wanted.branch in places)
        )

    def may_make(self, one: Export, at: datetime) -> bool:
        """Whether it is this person who makes an export now."""
        own = person_key(one.applicant) == self.guard.person.key
        return own and one.state_at(at, self.days) is ExportState.APPROVED

    @property
    def days(self) -> int:
        """So long an approval holds."""
        return self.guard.parts.settings.access.request_days

    def _decide(self, no: int, kind: ExportActKind, note: str, at: datetime) -> Export:
        self.guard.require(Act.EXPORT_APPROVE, self._exports.one(no).wanted.branch)
        return self.enter(no, kind, note, at)

    @property
    def _is_free(self) -> bool:
        """Whether somebody at the command line is bound by no register."""
        known = self.guard.parts.catalog.staff.appointments()
        return self.guard.person.session is None and not in_force(known)

    @property
    def _exports(self) -> Exports:
        return self.guard.parts.catalog.exports


def _parsed(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UserError(say("{text} is not a day; write it like 2026-11-19.", text=text)) from error
