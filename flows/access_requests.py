"""Applying for access, and deciding on it: never the applicant, and only who the settings name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

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
    RequestState,
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
        if checked.customer is not None:
            self.guard.parts.catalog.customers.must_be_known(checked.customer)
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

    def visible(
        self,
        *,
        holding_on: date | None = None,
        before: int | None = None,
        limit: int | None = None,
    ) -> tuple[AccessRequest, ...]:
        """Give the requests this person may see, the newest first: of their branches, and their own."""
        return self._requests.listed(
            self._places, self.guard.person.name, holding_on=holding_on, before=before, limit=limit
        )

    def one(self, no: int) -> AccessRequest | None:
        """Give a request; None when there is none that this person may see."""
        found = self.visible(before=no + 1, limit=1)
        return found[0] if found and found[0].no == no else None

    def waiting(self, at: datetime) -> tuple[AccessRequest, ...]:
        """Give the requests that this person may decide on now, the newest first."""
        today = at.astimezone(ZONE).date()
        return tuple(one for one in self.visible(holding_on=today) if self.may_decide(one, at))

    def may_decide(self, request: AccessRequest, at: datetime) -> bool:
        """Whether a request waits for this person, among others."""
        return (
            request.state_at(at) is RequestState.WAITING
            and person_key(request.applicant) != self.guard.person.key
            and self.is_approver(request.asked.branch)
        )

    def may_revoke(self, no: int) -> bool:
        """Whether a request is this person's own, or one that this person may decide on."""
        request = self.one(no)
        return request is not None and (
            person_key(request.applicant) == self.guard.person.key
            or self.is_approver(request.asked.branch)
        )

    def is_approver(self, branch: str) -> bool:
        """Whether the table and the settings let this person decide on requests of a branch."""
        places = branches_of(self.guard.person, Act.ACCESS_APPROVE)
        return (places is None or branch in places) and self._is_named(branch)

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
        if self._is_named(branch) or self._is_free:
            return
        with self._staff.refusals_logged(person.name, str(Act.ACCESS_APPROVE), str(no)):
            raise NotAllowed(
                say(
                    "Requests are decided on by {roles}, as the settings say; ask one of them.",
                    roles=tuple(ROLES[role] for role in approvers),
                ),
                "role",
            )

    def _is_named(self, branch: str) -> bool:
        approvers = self.guard.parts.settings.access.approvers
        roles = self.guard.person.roles
        return any(one.role in approvers and one.branch in (None, branch) for one in roles)

    @property
    def _is_free(self) -> bool:
        """Whether somebody at the command line is bound by no register."""
        return self.guard.person.session is None and not in_force(self._staff.appointments())

    @property
    def _places(self) -> frozenset[str] | None:
        """The branches whose requests the person may see; None: all."""
        return None if self._is_free else branches_of(self.guard.person, Act.ACCESS_LIST)

    @property
    def _requests(self) -> AccessRequests:
        return self.guard.parts.catalog.access_requests

    @property
    def _staff(self) -> Staff:
        return self.guard.parts.catalog.staff
