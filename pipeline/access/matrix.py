"""The table of rules told to people: which act is open to whom, and what is asked for besides."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

from pipeline.access.acts import ACTS, Act
from pipeline.access.policy import RULES, Rule, Scope
from pipeline.language import Message, say
from pipeline.staff import ROLES

SCOPES: Mapping[Scope, Message] = {
    Scope.BRANCH: say("of the branch"),
    Scope.ALL_BRANCHES: say("of all branches"),
    Scope.OWN: say("whoever is logged in"),
    Scope.PUBLIC: say("everybody"),
}
_PURPOSE, _APPROVAL, _STEP_UP = say("purpose"), say("approved request"), say("second factor")


def listed(several: Iterable[Message], lang: str) -> str:
    """Join words as a language does."""
    return ("、" if lang == "zh" else ", ").join(one.in_language(lang) for one in several)


def who(rule: Rule, lang: str) -> str:
    """Tell the roles of a rule, and how far they must reach."""
    where = SCOPES[rule.scope]
    if not rule.roles:
        return where.in_language(lang)
    named = tuple(title for role, title in ROLES.items() if role in rule.roles)
    return say("{roles} ({where})", roles=named, where=where).in_language(lang)


def besides(rule: Rule, lang: str) -> str:
    """Tell what a rule asks for besides the role; a dash for nothing."""
    asked = ((rule.purpose, _PURPOSE), (rule.approval, _APPROVAL), (rule.step_up, _STEP_UP))
    return listed((word for wanted, word in asked if wanted), lang) or "–"


def matrix_as_csv(lang: str) -> str:
    """Write act by role, a dot where a role may."""
    written = io.StringIO(newline="")
    sheet = csv.writer(written)
    head = [say("Act"), say("What it is"), say("Scope"), *ROLES.values()]
    sheet.writerow([one.in_language(lang) for one in (*head, _PURPOSE, _APPROVAL, _STEP_UP)])
    for act in Act:
        rule = RULES[act]
        marks = [
            *(role in rule.roles or rule.scope in (Scope.OWN, Scope.PUBLIC) for role in ROLES),
            rule.purpose,
            rule.approval,
            rule.step_up,
        ]
        told = [ACTS[act].in_language(lang), SCOPES[rule.scope].in_language(lang)]
        sheet.writerow([str(act), *told, *("●" if mark else "" for mark in marks)])
    return written.getvalue()
