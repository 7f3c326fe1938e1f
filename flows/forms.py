"""Forms kept as JSON in a folder, and which of them are in use."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from catalog.forms import FormState, KeptForm
from pipeline.errors import UserError
from pipeline.forms.model import FormModel, from_json
from pipeline.language import say


def load_forms(folder: Path) -> tuple[FormModel, ...]:
    """Return the forms of a folder by name, of each the newest version; none where there is no folder.

    Raises UserError when one cannot be read.
    """
    return newest(load_form(path) for path in sorted(folder.glob("*.json")))


def newest(forms: Iterable[FormModel]) -> tuple[FormModel, ...]:
    """Return of each name the newest version, by name."""
    found: dict[str, FormModel] = {}
    for form in forms:
        if form.name not in found or found[form.name].version < form.version:
            found[form.name] = form
    return tuple(found[name] for name in sorted(found))


def forms_in_use(own: Iterable[FormModel], kept: Iterable[KeptForm]) -> tuple[FormModel, ...]:
    """Return the forms that pages are read by: the folder's ``own`` and the catalog's confirmed ones.

    A retired form takes its earlier versions with it.
    """
    decided: dict[FormState, list[FormModel]] = {state: [] for state in FormState}
    for one in kept:
        if one.form:
            decided[one.state].append(one.form)
    retired = decided[FormState.RETIRED]
    every = newest([*own, *decided[FormState.CONFIRMED], *retired])
    return tuple(form for form in every if form not in retired)


def load_form(path: Path) -> FormModel:
    """Read one form; raises UserError when it is none."""
    try:
        return from_json(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            say(
                "{path} is no form that can be read; learn it again or take it out of the folder.",
                path=path,
            )
        ) from error
