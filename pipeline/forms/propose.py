"""A form that proposes itself: learned from pages read whole, and proved on the same pages by its zones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.errors import UserError
from pipeline.forms.laying import LearnedPage
from pipeline.forms.learn import learn
from pipeline.forms.model import FormModel
from pipeline.model import Pixels, Reading

_SURE = 0.8
"""A value that was read whole with less confidence need not be read the same by its zone."""


@dataclass(frozen=True)
class Proposal:
    """A form for a person to confirm."""

    form: FormModel
    values: int
    """Values on its own pages that its zones gave as the whole page had given them."""


def propose(
    name: str,
    pages: Sequence[tuple[LearnedPage, Reading]],
    zones_of: Callable[[FormModel], Callable[[Pixels], Reading]],
    serial_grammar: str,
    least: int,
) -> Proposal | None:
    """Learn the form of pages read whole, prove it on them; None when fewer than ``least`` bear it out.

    ``zones_of`` makes a reader that knows a form. A page that the form does not read as the whole
    page did is left out, and the form learned again from the others.
    """
    kept = list(pages)
    while len(kept) >= least:
        try:
            form = learn(name, [page for page, _ in kept], serial_grammar=serial_grammar)
        except UserError:
            return None
        read = zones_of(form)
        agreeing = [_agreeing(whole, read(page.pixels), name) for page, whole in kept]
        if all(agreeing):
            return Proposal(form, sum(agreeing))
        kept = [one for one, agrees in zip(kept, agreeing, strict=True) if agrees]
    return None


def _agreeing(whole: Reading, zones: Reading, name: str) -> int:
    """Return how many values agree; 0 when one differs, is missing or the page was read whole again."""
    if zones.form != name:
        return 0
    sure = {key: field.value for key, field in whole.fields.items() if field.confidence >= _SURE}
    same = [key for key in sure if key in zones.fields and zones.fields[key].value == sure[key]]
    return len(same) if len(same) == len(sure) else 0
