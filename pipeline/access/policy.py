"""The one permission check: a table of act and roles, denied by default, and the decision on it.

Command line, web and API ask here and nowhere else. ``decide`` says whether one person may do one act at one
branch; ``branches_of`` says at which branches, and every list starts from that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.access.acts import Act
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.staff import ROLES, Appointment, Role, in_force, person_key


class Scope(StrEnum):
    """How far an appointment must reach for an act."""

    BRANCH = "branch"
    """The act is one branch's: an appointment there, or to every branch."""
    ALL_BRANCHES = "all_branches"
    """The act is the institution's: an appointment to every branch."""
    OWN = "own"
    """The act is the person's own affair: whoever is logged in."""
    PUBLIC = "public"
    """Whoever asks."""


@dataclass(frozen=True)
class Rule:
    """Who may do an act, and what must be told or proved besides."""

    roles: frozenset[Role]
    scope: Scope
    purpose: bool = False
    """A customer's data is seen: the purpose is asked for and logged (CG-19h), and an approved access
    request opens the act to whom it was granted (CG-19a)."""
    approval: bool = False
    """Nobody may without an approved access request (CG-19b, CG-19k)."""
    step_up: bool = False
    """In a session: only after the second factor (GB/T 22239-2019, 8.1.4.1 d)."""


@dataclass(frozen=True)
class Person:
    """Somebody who asks to do something."""

    name: str
    key: str
    """What tells persons apart (``pipeline.staff.person_key``)."""
    roles: tuple[Appointment, ...]
    """The appointments that stand."""
    session: str | None = None
    """The session logged in with; None: at the command line, at its word."""
    second_factor: bool = False
    own_only: bool = False
    """Nothing but the own account is open, whatever was granted: the password has to be changed first."""
    only: frozenset[Act] | None = None
    """A machine with a token: nothing else is open to it, whatever the roles are; None: a person."""


class Because(StrEnum):
    """Why an act is refused; the web answers by it."""

    LOG_IN = "log_in"
    ROLE = "role"
    BRANCH = "branch"
    """Held elsewhere: what is refused is to look like what is not there."""
    SECOND_FACTOR = "second_factor"
    PURPOSE = "purpose"
    APPROVAL = "approval"
    SECRECY = "secrecy"
    """Its level of secrecy is above what the person is admitted to (BM-01)."""


@dataclass(frozen=True)
class Allowed:
    """The person may."""


@dataclass(frozen=True)
class Refused:
    """The person may not."""

    message: Message
    because: Because


def _at(*roles: Role) -> Rule:
    return Rule(frozenset(roles), Scope.BRANCH)


def _customers(*roles: Role, approval: bool = False, scope: Scope = Scope.BRANCH) -> Rule:
    return Rule(frozenset(roles), scope, purpose=True, approval=approval)


def _whole(*roles: Role, step_up: bool = False) -> Rule:
    return Rule(frozenset(roles), Scope.ALL_BRANCHES, step_up=step_up)


_TELLER, _OPERATOR, _REVIEWER = Role.TELLER, Role.OPERATOR, Role.REVIEWER
_ARCHIVIST, _HEAD, _COMPLIANCE = Role.ARCHIVIST, Role.HEADQUARTERS, Role.COMPLIANCE
_IT, _AUDITOR = Role.IT, Role.AUDITOR
_SYSTEM, _SECURITY, _AUDIT = Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN

RULES: Mapping[Act, Rule] = {
    Act.LOG_IN: Rule(frozenset(), Scope.PUBLIC),
    Act.OWN_ACCOUNT: Rule(frozenset(), Scope.OWN),
    # the branch's desk
    Act.STATION_VIEW: _at(_TELLER, _OPERATOR, _ARCHIVIST, _HEAD),
    Act.PAGE_SUBMIT: _at(_TELLER, _OPERATOR),
    Act.PAGE_RESCAN: _at(_TELLER, _OPERATOR),
    Act.SHEET_PRINT: _at(_TELLER, _OPERATOR, _ARCHIVIST),
    Act.PAPER_REGISTER: _at(_TELLER, _OPERATOR),
    Act.PAPER_EXPLAIN: _at(_TELLER, _OPERATOR),
    Act.HANDOVER_GIVE: _at(_TELLER, _OPERATOR),
    Act.ROW_CONFIRM: _at(_TELLER),
    # work on pages: the task is the purpose
    Act.PAGE_WORK: _at(_TELLER, _OPERATOR, _REVIEWER, _ARCHIVIST, _HEAD),
    Act.TASK_VIEW: _at(_TELLER, _OPERATOR, _REVIEWER, _ARCHIVIST, _HEAD, _COMPLIANCE),
    Act.TASK_CHANGE: _at(_TELLER, _OPERATOR, _ARCHIVIST, _HEAD),  # CG-16.3d: the handlers
    Act.TASK_REVIEW: _at(_REVIEWER),
    Act.PAGE_KEY: _at(_OPERATOR, _REVIEWER),
    Act.SAMPLE_ANSWER: _at(_REVIEWER),
    # the archive
    Act.HANDOVER_VIEW: _at(_TELLER, _OPERATOR, _ARCHIVIST, _HEAD),
    Act.HANDOVER_RECEIVE: _at(_ARCHIVIST),
    Act.MISMATCH_VIEW: _at(_TELLER, _OPERATOR, _REVIEWER, _ARCHIVIST, _HEAD, _COMPLIANCE, _AUDITOR),
    Act.MISMATCH_EXPLAIN: _at(_TELLER, _OPERATOR, _REVIEWER, _ARCHIVIST, _HEAD),
    Act.MISMATCH_RESOLVE: _at(_ARCHIVIST, _HEAD),
    Act.DAY_CLOSE: _at(_ARCHIVIST, _HEAD),
    Act.ARCHIVE_FILE: _at(_ARCHIVIST),
    Act.DIGITAL_TAKE_IN: _at(_ARCHIVIST, _HEAD, _IT),  # the online systems' own feed
    Act.DIGITAL_PLACE: _at(_ARCHIVIST, _HEAD, _IT),
    Act.SHELF_VIEW: _at(_ARCHIVIST, _HEAD, _AUDITOR),
    Act.TRANSFER_GIVE: _at(_ARCHIVIST),
    Act.TRANSFER_RECEIVE: _at(_ARCHIVIST),
    Act.TRANSFER_ORDER: _whole(_HEAD),
    Act.RETENTION_VIEW: _at(_ARCHIVIST, _HEAD, _COMPLIANCE, _AUDITOR),
    # customers' data
    Act.CUSTOMER_VIEW: _customers(_ARCHIVIST, _HEAD, _COMPLIANCE, _AUDITOR),
    Act.PAGE_VIEW: _customers(_TELLER, _REVIEWER, _ARCHIVIST, _HEAD, _COMPLIANCE, _AUDITOR),
    Act.FIELD_UNMASK: _customers(_ARCHIVIST, _HEAD, _COMPLIANCE, _AUDITOR, approval=True),
    Act.PAGE_ORIGINAL: _customers(_ARCHIVIST, _HEAD, _COMPLIANCE, _AUDITOR, approval=True),
    Act.PAGE_PRINT: _customers(_TELLER, _ARCHIVIST, _HEAD, _COMPLIANCE, _AUDITOR, approval=True),
    Act.PAPER_READ: _customers(_ARCHIVIST, _HEAD, _COMPLIANCE, _AUDITOR, approval=True),  # CG-19d
    Act.TEXT_SEARCH: _customers(_HEAD, _COMPLIANCE, _AUDITOR, scope=Scope.ALL_BRANCHES),
    Act.EVIDENCE_MAKE: _customers(_ARCHIVIST, _HEAD, _COMPLIANCE, _AUDITOR, approval=True),
    # packages that leave (B1-01): made only after another's approval (pipeline/exports)
    Act.EXPORT_MAKE: _at(_ARCHIVIST, _HEAD, _COMPLIANCE, _AUDITOR),
    Act.EXPORT_APPROVE: _at(_HEAD, _COMPLIANCE),
    # access requests (CG-19b)
    Act.ACCESS_REQUEST: Rule(frozenset(), Scope.OWN),
    Act.ACCESS_APPROVE: _at(_HEAD, _COMPLIANCE),
    Act.ACCESS_LIST: _at(_HEAD, _COMPLIANCE, _AUDITOR, _SECURITY, _AUDIT),
    Act.ACCESS_REPORT: _whole(_HEAD, _COMPLIANCE, _AUDITOR, _SECURITY, _AUDIT),
    # levels of secrecy (BM-01): who keeps the access lists reads no customer's papers
    Act.SECRECY_SET: _at(_ARCHIVIST, _HEAD, _COMPLIANCE),
    Act.SECRECY_VIEW: _whole(_HEAD, _COMPLIANCE, _AUDITOR, _SECURITY, _AUDIT),
    Act.SECRECY_ADMIT: _whole(_SECURITY, step_up=True),
    # headquarters
    Act.MONITOR_VIEW: _at(_ARCHIVIST, _HEAD, _COMPLIANCE, _AUDITOR),
    Act.REPORT_EXPORT: _at(_ARCHIVIST, _HEAD, _COMPLIANCE, _AUDITOR),
    Act.UPLOAD_SEND: _at(_REVIEWER, _ARCHIVIST),
    Act.UPLOAD_RECEIVE: _whole(_HEAD),
    Act.SAMPLE_DRAW: _whole(_HEAD, _COMPLIANCE, _AUDITOR),
    Act.SAMPLE_VIEW: _whole(_HEAD, _COMPLIANCE, _AUDITOR),  # reviewers answer blind
    Act.STREAM_IMPORT: _whole(_HEAD, _IT),
    Act.CUSTOMERS_IMPORT: _whole(_HEAD, _IT),
    Act.PROFILE_VIEW: _at(
        _TELLER, _OPERATOR, _REVIEWER, _ARCHIVIST, _HEAD, _COMPLIANCE, _AUDITOR, _IT, _SYSTEM
    ),
    Act.PROFILE_PUBLISH: _whole(_HEAD),
    Act.CALENDAR_IMPORT: _whole(_HEAD),
    Act.BRANCH_CHANGE: _whole(_HEAD),
    Act.HOLD_CHANGE: _whole(_HEAD, _COMPLIANCE),
    # the system (三员分立, GB/T 22239-2019 8.1.5.1-3)
    Act.METRICS_VIEW: _whole(_HEAD, _IT, _AUDITOR, _SYSTEM),
    Act.STORAGE_STATUS: _whole(_HEAD, _IT, _AUDITOR, _SYSTEM, _AUDIT),
    Act.STORAGE_CHANGE: _whole(_IT, _SYSTEM, step_up=True),
    Act.CARRIER_CHANGE: _whole(_IT),
    Act.REMOVAL_APPROVE: _whole(_HEAD, _COMPLIANCE, step_up=True),
    # destruction (CG-20): nobody's own role is enough for two steps of one list (pipeline/destruction)
    Act.DESTRUCTION_LIST: _at(_ARCHIVIST, _HEAD),
    Act.DESTRUCTION_OPINION: _whole(_HEAD, _COMPLIANCE),
    Act.DESTRUCTION_DECIDE: _whole(_HEAD, _COMPLIANCE, step_up=True),
    Act.DESTRUCTION_SUPERVISE: _at(_ARCHIVIST, _HEAD, _COMPLIANCE, _AUDITOR),
    Act.DESTRUCTION_CARRY_OUT: _whole(_HEAD, _IT, step_up=True),
    Act.DESTRUCTION_VERIFY: _whole(_HEAD, _COMPLIANCE, _AUDITOR),
    Act.DESTRUCTION_VIEW: _at(_ARCHIVIST, _HEAD, _COMPLIANCE, _AUDITOR),
    Act.SETTINGS_VIEW: _whole(_HEAD, _IT, _AUDITOR, _SYSTEM, _SECURITY, _AUDIT),
    Act.SETTINGS_CHANGE: _whole(_SYSTEM, step_up=True),
    Act.ACCOUNT_LIST: _whole(_SYSTEM, _SECURITY, _AUDIT, _AUDITOR),
    Act.ACCOUNT_ADD: _whole(_SYSTEM, step_up=True),
    Act.ACCOUNT_CHANGE: _whole(_SYSTEM, step_up=True),
    Act.FACTOR_RESET: _whole(_SECURITY, step_up=True),
    Act.TOKEN_CHANGE: _whole(_SECURITY, step_up=True),
    Act.STAFF_VIEW: _whole(_HEAD, _COMPLIANCE, _AUDITOR, _SYSTEM, _SECURITY, _AUDIT),
    Act.STAFF_APPOINT: _whole(_HEAD, _SECURITY, step_up=True),
    Act.ADMIN_APPOINT: _whole(_SECURITY, step_up=True),
    Act.AUDIT_READ: _whole(_AUDITOR, _AUDIT),
    Act.AUDIT_VERIFY: _whole(_AUDITOR, _AUDIT),
    Act.AUDIT_SIGN: _whole(_AUDIT, step_up=True),
}
"""Act -> who may. A new act without a rule fails a test, and a route of such an act is refused to all."""


def person_of(
    appointments: Iterable[Appointment],
    name: str,
    session: str | None = None,
    second_factor: bool = False,
) -> Person:
    """Return the person of a name with the appointments that stand."""
    key = person_key(name)
    standing = tuple(
        one for one in appointments if one.until is None and person_key(one.person) == key
    )
    return Person(name, key, standing, session, second_factor)


def decide(
    person: Person | None,
    act: Act,
    branch: str | None = None,
    *,
    purpose: str = "",
    granted: bool = False,
) -> Allowed | Refused:
    """Say whether a person may do an act at a branch; None: at all of them at once. Nobody logged in: None.

    ``granted``: an approved access request of this person covers what the act is about.
    """
    rule = RULES.get(act)
    if rule is not None and rule.scope is Scope.PUBLIC:
        return Allowed()
    if person is None:
        return Refused(say("Log in first."), Because.LOG_IN)
    if rule is None:
        return Refused(say("Nobody may do this."), Because.ROLE)
    if person.only is not None and act not in person.only:
        return Refused(say("This token was not made for that."), Because.ROLE)
    opened = granted and rule.purpose and not person.own_only
    if not _reaches(person, rule, branch) and not opened:
        return _not_appointed(person, rule, branch)
    if rule.step_up and person.session is not None and not person.second_factor:
        return Refused(say("Confirm with your second factor first."), Because.SECOND_FACTOR)
    if rule.purpose and not purpose.strip():
        return Refused(say("Say what you need it for; it is kept in the log."), Because.PURPOSE)
    if rule.approval and not granted:
        return Refused(
            say("This needs an approved access request; apply for one, somebody else decides."),
            Because.APPROVAL,
        )
    return Allowed()


class NotAllowed(UserError):
    """Somebody may not; the log keeps that it was tried, and why it was refused."""

    def __init__(self, message: Message, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


def must_be_allowed(
    appointments: Sequence[Appointment],
    name: str,
    act: Act,
    branch: str | None = None,
    *,
    purpose: str = "",
    granted: bool = False,
) -> None:
    """Raise NotAllowed unless who acts at the command line may; while no register binds everybody may."""
    if in_force(appointments):
        person = person_of(appointments, name)
        insist(decide(person, act, branch, purpose=purpose, granted=granted))


def insist(decision: Allowed | Refused) -> None:
    """Raise NotAllowed with the sentence of a refusal."""
    if isinstance(decision, Refused):
        raise NotAllowed(decision.message, str(decision.because))


def branches_of(person: Person | None, act: Act) -> frozenset[str] | None:
    """Return the branches at which a person may do an act; None: at every one. Lists start from this.

    Only roles count: what a grant opens is named by the grant (``catalog.access_requests``).
    """
    rule = RULES.get(act)
    if rule is None or person is None or (person.only is not None and act not in person.only):
        return frozenset()
    if rule.scope in (Scope.OWN, Scope.PUBLIC):
        return None
    places = {one.branch for one in person.roles if one.role in rule.roles}
    if None in places:
        return None
    if rule.scope is Scope.ALL_BRANCHES:
        return frozenset()
    return frozenset(place for place in places if place is not None)


def _reaches(person: Person, rule: Rule, branch: str | None) -> bool:
    if rule.scope is Scope.OWN:
        return True
    wanted = branch if rule.scope is Scope.BRANCH else None
    return any(one.role in rule.roles and one.branch in (None, wanted) for one in person.roles)


def _not_appointed(person: Person, rule: Rule, branch: str | None) -> Refused:
    named = tuple(title for role, title in ROLES.items() if role in rule.roles)
    if rule.scope is Scope.ALL_BRANCHES or branch is None:
        message = say(
            "{person} is not registered as {roles}, which this needs; headquarters may appoint with "
            "“paperproof staff add”.",
            person=person.name,
            roles=named,
        )
    else:
        message = say(
            "{person} is not registered as {roles} of branch {branch}, which this needs; headquarters "
            "may appoint with “paperproof staff add”.",
            person=person.name,
            roles=named,
            branch=branch,
        )
    held = any(one.role in rule.roles for one in person.roles)
    return Refused(message, Because.BRANCH if held else Because.ROLE)
