"""The businesses of a profile, as they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flows.terminal import Terminal
from pipeline.document_types import DocumentType, Share
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.profile import Profile
from pipeline.tasks.businesses import Need, TaskVersion

NEEDS: Mapping[Need, Message] = {
    Need.REQUIRED: say("required"),
    Need.CONDITIONAL: say("conditional"),
    Need.OPTIONAL: say("optional"),
}

_VALIDITY: Mapping[str, Message] = {
    "until_id_expiry": say("until the identity document expires"),
    "until_agent_id_expiry": say("until the agent's identity document expires"),
    "until_licence_expiry": say("until the licence expires"),
}


def show_businesses(terminal: Terminal, profile: Profile, day: date) -> None:
    """Show every business with the papers that are always due."""
    rows = []
    for code, business in profile.businesses.items():
        version = business.version_on(day)
        required = ", ".join(version.required) if version else "–"
        rows.append([code, business.name.in_language(terminal.lang), required])
    if rows:
        terminal.table(
            say("Businesses on {day}", day=day), [say("Code"), say("Name"), say("Required")], rows
        )


def show_retention(terminal: Terminal, profile: Profile) -> None:
    """Show how long things are kept, at least."""
    lang = terminal.lang
    rows = [
        [
            name,
            _TRIGGERS[rule.trigger].in_language(lang),
            str(rule.years) if isinstance(rule.years, int) else say("permanent").in_language(lang),
            _MEDIA[rule.medium].in_language(lang),
            "✓" if rule.in_force else "–",
        ]
        for name, rule in profile.retention.items()
    ]
    if rows:
        head = [say("Name"), say("Counted from"), say("Years"), say("Kept as"), say("In force")]
        terminal.table(say("Retention"), head, rows)


_TRIGGERS: Mapping[str, Message] = {
    "none": say("always"),
    "account_closed": say("account closed"),
    "relationship_end": say("end of the relationship"),
    "transaction_end": say("end of the transaction"),
    "fiscal_year_end": say("end of the fiscal year"),
}
_MEDIA: Mapping[str, Message] = {
    "paper": say("paper"),
    "electronic": say("image"),
    "both": say("paper and image"),
}


def show_business(terminal: Terminal, profile: Profile, code: str, day: date) -> None:
    """Show what a business asks for on a day; raises UserError before its first version."""
    business = profile.businesses[code]
    version = business.version_on(day)
    if version is None:
        raise UserError(
            say("Business {code} asks for nothing on {day}; name a later day.", code=code, day=day)
        )
    lang = terminal.lang
    terminal.tell(
        say(
            "{code}: {name}; principal paper: {principal}.",
            code=code,
            name=business.name.in_language(lang),
            principal=version.required[0],
        )
    )
    terminal.table(
        say("Papers asked for on {day}", day=day),
        [say("Type"), say("Need"), say("Condition"), say("Earlier paper"), say("Name")],
        [
            [
                paper,
                NEEDS[need].in_language(lang),
                str(version.conditional.get(paper, "–")),
                _earlier(version, paper, profile.types[paper]).in_language(lang),
                profile.types[paper].name.in_language(lang),
            ]
            for paper, need in version.needs
        ],
    )


def shared(kind: DocumentType) -> Message:
    """Tell in a sentence which businesses one such paper serves, and how long."""
    validity = (
        say("{months} months", months=kind.valid_months)
        if isinstance(kind.valid_months, int)
        else _VALIDITY[kind.valid_months]
        if kind.valid_months
        else say("without end")
    )
    if kind.share_within == "day":
        return say("Serves other businesses of the same customer on the same business day.")
    if kind.share_within == "business":
        return say(
            "Serves later transactions of the same customer and business: {validity}.",
            validity=validity,
        )
    return say("Serves other businesses of the same customer: {validity}.", validity=validity)


def _earlier(version: TaskVersion, paper: str, kind: DocumentType) -> Message:
    if paper in version.fresh:
        return say("must be new")
    return say("may serve") if kind.share is not Share.NONE else say("does not serve")
