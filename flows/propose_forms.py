"""Forms that propose themselves: pages read whole that agree are learned from and proved by their zones."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.forms import FormState, KeptForm
from flows.forms import load_forms, newest
from flows.how_to_read import HowToRead
from flows.parts import Parts
from flows.reading_pool import PageLimits, ReadingPool
from flows.stores import Stores
from pipeline.forms.gather import UnknownPage, gathered
from pipeline.labels import LabelBook
from pipeline.model import identity

_LATEST = 100
"""Pages looked at: those last read whole."""
_LEARNED_FROM = 8
"""More pages hardly better a form (decision 0006: four were enough), and each costs a second."""
_LOOKED_AT = 2
"""Pages of a group that are laid onto the forms known already."""


def propose_forms(parts: Parts, stores: Stores, who: str) -> tuple[KeptForm, ...]:
    """Look for pages of one unknown form; returns the forms that are proposed by it.

    Pages that stood for a form before, whatever became of it, are left out, and so are pages of a
    form that is in use, retired or waits for a person.
    """
    kept = parts.catalog.forms.all()
    spent = {page for one in kept for page in one.pages}
    unknown = [
        UnknownPage(sha256, parameters, reading)
        for sha256, parameters, reading in parts.catalog.readings.read_whole(_LATEST)
        if sha256 not in spent and reading.fields
    ]
    least = parts.settings.reading.propose_forms_after
    groups = list(gathered(unknown, least, LabelBook()))
    if not groups:
        return ()
    with _readers(parts, kept) as readers:
        made = [_look_at(parts, stores, readers, group, who) for group in groups]
    return tuple(one for one in parts.catalog.forms.all() if one.form and one.id in made)


def _look_at(
    parts: Parts, stores: Stores, readers: ReadingPool, group: Sequence[UnknownPage], who: str
) -> str | None:
    """Propose the form of a group, and keep that it was looked at; None when its form is known."""
    some = [
        (one.sha256, content, one.reading)
        for one in group[:_LEARNED_FROM]
        if (content := stores.vault.read_good(one.sha256)) is not None
    ]
    if not some or readers.any_known([content for _, content, _ in some[:_LOOKED_AT]]):
        return None
    pages = sorted(one.sha256 for one in group)
    form_id = identity(*pages)[:8]
    least = parts.settings.reading.propose_forms_after
    made = readers.propose(f"proposal-{form_id}", some, least)
    form, values = (made.form, made.values) if made else (None, 0)
    parts.catalog.forms.propose(form_id, pages, form, values, who)
    return form_id


def _readers(parts: Parts, kept: Sequence[KeptForm]) -> ReadingPool:
    """One process that knows every form but the refused ones."""
    rules = parts.settings.reading
    forms = [one.form for one in kept if one.form and one.state is not FormState.REFUSED]
    known = newest([*forms, *load_forms(parts.workspace.forms)])
    limits = PageLimits(rules.page_seconds * _LEARNED_FROM, rules.page_memory_mb << 20)
    return ReadingPool(1, HowToRead("rapidocr", rules.serial_grammar, known), limits)
