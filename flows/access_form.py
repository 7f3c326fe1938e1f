"""The form of an access request (查阅审批单): who asks for what, what for, who decided (CG-19b)."""

from __future__ import annotations

from datetime import datetime

from catalog.reports.form import Form, FormColumn
from flows.parts import Parts
from flows.terminal import moment
from pipeline.access.acts import ACTS
from pipeline.access.requests import DECISIONS, REQUEST_STATES, AccessRequest, RequestAct
from pipeline.language import Message, say

_COLUMNS = (
    FormColumn("no", say("No."), 10, number=True),
    FormColumn("page", say("Page (SHA-256)"), 122),
    FormColumn("note", say("Seen, copied (signature)"), 52),
)


def access_form(parts: Parts, one: AccessRequest, at: datetime, lang: str) -> Form:
    """Return the form of a request as it stands at a moment, with the single pages that it names."""
    asked = one.asked
    names = parts.catalog.branches.names()
    facts = [
        (say("Request"), str(one.no)),
        (say("State"), REQUEST_STATES[one.state_at(at)].in_language(lang)),
        (say("Applicant"), one.applicant),
        (say("Applied"), moment(one.at)),
        (say("Branch"), f"{asked.branch} {names.get(asked.branch, '')}".strip()),
        (say("Customer number"), asked.customer or "–"),
        (say("Holds from"), asked.since.isoformat()),
        (say("Holds until"), asked.until.isoformat()),
        (say("What for"), asked.purpose),
        (say("Asked for"), ", ".join(ACTS[act].in_language(lang) for act in asked.acts)),
    ]
    facts += [(say("Decision"), _told(act).in_language(lang)) for act in one.acts]
    return Form(
        lang=lang,
        institution=parts.settings.institution,
        title=say("Access approval").in_language(lang),
        code=f"CY-{one.no:06d}",
        facts=[(name.in_language(lang), value) for name, value in facts],
        columns=_COLUMNS,
        rows=[(str(number), page, "") for number, page in enumerate(asked.pages, start=1)],
        sums=(
            say("{count} pages are named.", count=len(asked.pages))
            if asked.pages
            else say("All papers of the customer at this branch.")
        ).in_language(lang),
        signatures=[
            each.in_language(lang)
            for each in (
                say("Applicant (signature, date)"),
                say("Approved by (signature, date)"),
                say("Archivist (signature, date)"),
            )
        ],
        blank_rows=0 if asked.pages else 5,
    )


def _told(act: RequestAct) -> Message:
    return say(
        "{what} by {person}, {at}. {reason}",
        what=DECISIONS[act.kind],
        person=act.person,
        at=moment(act.at),
        reason=act.reason,
    )
