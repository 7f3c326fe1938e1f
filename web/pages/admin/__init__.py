"""Administration: accounts, appointments, profile and settings, calendar, stores."""

from __future__ import annotations

from web.pages.admin import accounts, appointments, calendar, entrance, profile, stores

SECTIONS = (
    entrance.section,
    accounts.section,
    appointments.section,
    profile.section,
    calendar.section,
    stores.section,
)
"""In the order of the places."""
