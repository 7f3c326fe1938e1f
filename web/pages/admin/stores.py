"""The stores: what each was seen to do, how the copies stand, debts, verifications, drills, carriers."""

from __future__ import annotations

from starlette.responses import HTMLResponse

from catalog.reports.storage import SCOPES, SIGNATURES, STATES
from catalog.storage_status import storage_status
from flows.commands.storage_locks import OUTCOMES, locks_told
from flows.last_tested import last_tested, name_of, online
from pipeline.access.acts import Act
from pipeline.carriers import KINDS
from pipeline.copies import PLACES, size
from pipeline.self_test import TRAITS
from pipeline.signature import KnownKeys
from web.guarding import Section, Visiting
from web.pages.admin.places import admin_page

section = Section("/admin")
_LAST = 10
"""Verifications, drills and debts that are shown."""


@section.get("/stores", Act.STORAGE_STATUS)
def stores(visit: Visiting) -> HTMLResponse:
    """Show the stores as the register knows them; none is opened for it."""
    parts = visit.site.reading
    catalog, settings = parts.catalog, parts.settings
    tested = last_tested(settings, catalog)
    keys = KnownKeys.beside(parts.workspace.signing_key)
    return admin_page(
        visit,
        "admin_stores.html.j2",
        status=storage_status(catalog, settings.verify.within_days),
        tested=tested,
        endpoints={place: name_of(chosen) for place, chosen in online(settings).items()},
        told_locks=locks_told(tested, settings.lock_days),
        runs=catalog.verifications.runs(_LAST),
        drills=[(one, SIGNATURES[one.verdict(keys)]) for one in catalog.drills.all()[:_LAST]],
        debts=catalog.debts.all()[:_LAST],
        carriers=catalog.carriers.all(),
        places_of_copies=PLACES,
        states=STATES,
        traits=TRAITS,
        outcomes=OUTCOMES,
        scopes=SCOPES,
        kinds=KINDS,
        size=size,
        rto_hours=settings.drill.rto_hours,
    )
