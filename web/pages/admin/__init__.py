"""Administration: accounts, appointments, profile and settings, calendar, stores."""

from __future__ import annotations

from web.pages.admin import accounts, appointments, entrance

SECTIONS = (entrance.section, accounts.section, appointments.section)
"""In the order of the places."""
