"""The places of administration, and what their pages share."""

from __future__ import annotations

from typing import Any

from pydantic import BeforeValidator
from starlette.responses import HTMLResponse

from pipeline.access.acts import Act
from pipeline.language import say
from web.navigation import Entry
from web.visit import Visit

NONE_CHOSEN = BeforeValidator(lambda value: value or None)
"""A choice of a form that was left open comes as an empty text."""
PLACES: tuple[Entry, ...] = (
    Entry(
        "/admin/accounts",
        say("Accounts"),
        say("Who can log in: add, lock, unlock, reset and end accounts."),
        Act.ACCOUNT_LIST,
    ),
    Entry(
        "/admin/staff",
        say("Appointments"),
        say("Who holds which role at which branch, since when; appoint and end."),
        Act.STAFF_VIEW,
    ),
    Entry(
        "/admin/separation",
        say("Separation of roles"),
        say("The proof that administration and business never meet in one person."),
        Act.ACCESS_REPORT,
    ),
    Entry(
        "/admin/matrix",
        say("Who may what"),
        say("Every protected act, and the roles it is open to."),
        Act.STAFF_VIEW,
    ),
    Entry(
        "/admin/profile",
        say("Profile"),
        say("Document types, what their scans must meet, what each business asks for; publish."),
        Act.PROFILE_VIEW,
    ),
    Entry(
        "/admin/calendar",
        say("Calendar"),
        say("Working and trading days of a year, and the notices on which they rest."),
        Act.SETTINGS_VIEW,
    ),
    Entry(
        "/admin/stores",
        say("Stores"),
        say("What the stores can do, how the copies stand, debts, drills, carriers."),
        Act.STORAGE_STATUS,
    ),
    Entry(
        "/admin/settings",
        say("Settings"),
        say("The settings in force, beside what a new workspace has."),
        Act.SETTINGS_VIEW,
    ),
)


def admin_page(visit: Visit, template: str, code: int = 200, **parts: Any) -> HTMLResponse:
    """Fill a page of administration, with the way to the others that are open to the person."""
    places = tuple(one for one in PLACES if visit.may(one.act))
    return visit.page(template, code, places=places, **parts)
