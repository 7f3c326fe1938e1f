"""Applying for access, and deciding on it: never the applicant, and only who the settings name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from catalog.access_requests import AccessRequests
from catalog.staff import Staff
from flows.access import Guard
from pipeline.access.acts import Act
from pipeline.access.policy import NotAllowed, branches_of
from pipeline.access.requests import (
    AccessRequest,
    Asked,
    RequestAct,
    RequestActKind,
    checked_request,
)
from pipeline.clocks import ZONE
from pipeline.language import say
from pipeline.staff import ROLES, in_force, person_key


@dataclass(frozen=True)
class RequestDesk:
    """What one person does with access requests."""

    guard: Guard

    def apply(self, asked: Asked, at: datetime) -> int:
        """Apply; returns the request's number. Raises UserError when it cannot be decided on as it is."""
        self.guard.require(Act.ACCESS_REQUEST)
        most = self.guard.parts.settings.access.request_days
        checked = checked_request(asked, at.astimezone(ZONE).date(), most)
        return self._requests.apply(self.guard.person.name, checked, at)

    def approve(self, no: int, reason: str, at: datetime) -> None:
        """Approve a request of somebody else."""
        self._decide(RequestActKind.APPROVE, no, reason, at)

    def refuse(self, no: int, reason: str, at: datetime) -> None:
        """Refuse a request of somebody else."""
        self._decide(RequestActKind.REFUSE, no, reason, at)

    def revoke(self, no: int, reason: str, at: datetime) -> None:
        """Take a request or what it opens back: the applicant's own, or as somebody who decides."""
        applicant = self._requests.one(no).applicant
        if person_key(applicant) == self.guard.person.key:
            self._enter(RequestActKind.REVOKE, no, reason, at)
        else:
            self._decide(RequestActKind.REVOKE, no, reason, at)

    def visible(self) -> tuple[AccessRequest, ...]:
        """Give the requests this person may see, the newest first: of their branches, and their own."""
        places = branches_of(self.guard.person, Act.ACCESS_LIST)
        if self.guard.person.session is None and not in_force(self._staff.appointments()):
            places = None
        return tuple(
            one
            for one in self._requests.all()
            if places is None
            or one.asked.branch in places
            or person_key(one.applicant) == self.guard.person.key
        )

    def _decide(self, kind: RequestActKind, no: int, reason: str, at: datetime) -> None:
        branch = self._requests.one(no).asked.branch
        self.guard.require(Act.ACCESS_APPROVE, branch)
        self._must_be_approver(branch, no)
        self._enter(kind, no, reason, at)

    def _enter(self, kind: RequestActKind, no: int, reason: str, at: datetime) -> None:
        name = self.guard.person.name
        with self._staff.refusals_logged(name, f"access.{kind}", str(no)):
            self._requests.decide(no, RequestAct(kind, name, at, reason))

    def _must_be_approver(self, branch: str, no: int) -> None:
        """Raise NotAllowed for a role that the table lets decide and the settings do not."""
        person, approvers = self.guard.person, self.guard.parts.settings.access.approvers
        if any(one.role in approvers and one.branch in (None, branch) for one in person.roles):
            return
        if person.session is None and not in_force(self._staff.appointments()):
            return
        with self._staff.refusals_logged(person.name, str(Act.ACCESS_APPROVE), str(no)):
            raise NotAllowed(
                say(
                    "Requests are decided on by {roles}, as the settings say; ask one of them.",
                    roles=tuple(ROLES[role] for role in approvers),
                ),
                "role",
            )

    @property
    def _requests(self) -> AccessRequests:
        return self.guard.parts.catalog.access_requests

    @property
    def _staff(self) -> Staff:
        return self.guard.parts.catalog.staff
