"""Forms that proposed themselves: looked at, confirmed, refused, and retired when they are used no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import typer
from PIL import Image

from catalog.forms import FormState, KeptForm
from catalog.reports.wording import FIELDS
from flows.commands.session import Session
from flows.forms import load_forms
from flows.parts import Parts
from pipeline.errors import UserError
from pipeline.forms.model import IDENTITY, WORDS, FormModel
from pipeline.forms.picture import draw_zones
from pipeline.language import say
from pipeline.model import identity

_NAME = re.compile(r"[\w-]{1,40}")
_ID = typer.Argument(help="The proposal's number, see form proposals.")

STATES = {
    FormState.PROPOSED: say("waits for a person"),
    FormState.CONFIRMED: say("in use"),
    FormState.REFUSED: say("refused"),
    FormState.RETIRED: say("retired"),
}


_PROVING = {WORDS: say("Amount in words"), IDENTITY: FIELDS["Q16"]}
"""Zones that prove others, and no voucher field."""


def add_commands(form: typer.Typer) -> None:
    """Add form proposals, show, confirm, refuse and retire."""
    form.command("proposals")(proposals)
    form.command("show")(show)
    form.command("confirm")(confirm)
    form.command("refuse")(refuse)
    form.command("retire")(retire)


def proposals(context: typer.Context) -> None:
    """Show the forms that proposed themselves, and what became of them."""
    session: Session = context.obj
    with session.open_parts() as parts:
        kept = [(one, one.form) for one in parts.catalog.forms.all() if one.form]
    if not kept:
        session.terminal.tell(say("No form has proposed itself yet; closing a day looks for them."))
        return
    session.terminal.table(
        say("Forms that proposed themselves"),
        [
            say("Number"),
            say("Form"),
            say("State"),
            say("Zones"),
            say("Pages"),
            say("Values agreeing"),
        ],
        [
            [
                one.id,
                form.name,
                STATES[one.state].in_language(session.terminal.lang),
                str(len(form.zones)),
                str(len(one.pages)),
                str(one.values),
            ]
            for one, form in kept
        ],
    )


def show(
    context: typer.Context,
    proposal: str = _ID,
    output: Path = typer.Option(None, "--output", help="Where to draw its zones (PNG)."),
) -> None:
    """Show the zones of a form that proposed itself, as a table and as a picture."""
    session: Session = context.obj
    with session.open_parts() as parts:
        one, form = _found(parts, proposal)
    path = output or Path(f"form-{one.id}.png")
    Image.fromarray(draw_zones(form)).save(path)
    show_zones(session, form)
    session.terminal.tell(
        say(
            "Form {id}: {pages} pages of this layout; its zones gave {values} values as the whole pages "
            "had, none otherwise. Its picture is {path}; “paperproof form confirm {id} --name NAME” "
            "uses it, “paperproof form refuse {id}” does not.",
            id=one.id,
            pages=len(one.pages),
            values=one.values,
            path=path,
        )
    )


def confirm(
    context: typer.Context,
    proposal: str = _ID,
    name: str = typer.Option(..., "--name", help="The form's name."),
    document_type: str = typer.Option(
        None, "--type", help="Its document type in the profile; sets what its scans must meet."
    ),
    replaces: bool = typer.Option(
        False, "--replace", help="It takes the place of the form that has this name."
    ),
) -> None:
    """Use a form that proposed itself from the next page on."""
    with _deciding(context) as (session, parts):
        _, form = _found(parts, proposal)
        if document_type is not None:
            parts.profile.type_of(document_type)
        every = [
            *load_forms(parts.workspace.forms),
            *(k.form for k in parts.catalog.forms.all() if k.form),
        ]
        known = [one.version for one in every if one.name == checked_name(name)]
        if known and not replaces:
            raise UserError(
                say(
                    "There is a form {name} already; choose another name, or add --replace where this "
                    "form is to take its place.",
                    name=name,
                )
            )
        version = max(known, default=0) + 1
        named = replace(form, name=name, version=version, document_type=document_type)
        parts.catalog.forms.confirm(proposal, named, session.person())
        session.terminal.tell(
            say(
                "Form {name}, version {version}, is in use from the next page on.",
                name=name,
                version=version,
            )
        )


def refuse(context: typer.Context, proposal: str = _ID) -> None:
    """Refuse a form that proposed itself; its pages propose nothing again."""
    with _deciding(context) as (session, parts):
        parts.catalog.forms.refuse(proposal, session.person())
        session.terminal.tell(
            say("Proposal {id} is refused; its pages propose nothing again.", id=proposal)
        )


def retire(
    context: typer.Context, name: str = typer.Argument(help="The form's name, see form list.")
) -> None:
    """Use a form no more; it is kept."""
    with _deciding(context) as (session, parts):
        form = next((one for one in parts.forms if one.name == name), None)
        if form is None:
            raise UserError(
                say("No form {name} is in use; “paperproof form list” shows them.", name=name)
            )
        kept = next((one for one in parts.catalog.forms.all() if one.form == form), None)
        form_id = kept.id if kept else identity(name, form.version, *form.learned_from)[:8]
        parts.catalog.forms.retire(form_id, form, session.person())
        session.terminal.tell(
            say("Form {name} is retired: no page is read by it any more; it is kept.", name=name)
        )


@contextmanager
def _deciding(context: typer.Context) -> Iterator[tuple[Session, Parts]]:
    session: Session = context.obj
    with session.open_parts() as parts:
        yield session, parts


def _found(parts: Parts, proposal: str) -> tuple[KeptForm, FormModel]:
    for one in parts.catalog.forms.all():
        if one.id == proposal and one.form:
            return one, one.form
    raise UserError(
        say("There is no proposal {id}; “paperproof form proposals” lists them.", id=proposal)
    )


def checked_name(name: str) -> str:
    """Return a form's name; raises UserError when it cannot be one."""
    if not _NAME.fullmatch(name):
        raise UserError(
            say("“{name}” cannot be a form's name; use letters, digits, - and _ only.", name=name)
        )
    return name


def show_zones(session: Session, form: FormModel) -> None:
    """Show a form's zones as a table."""
    session.terminal.table(
        say("Proposed zones"),
        [
            say("Field"),
            say("Left, mm"),
            say("Top, mm"),
            say("Right, mm"),
            say("Bottom, mm"),
            say("Sure"),
        ],
        [
            [
                (_PROVING.get(zone.name) or FIELDS[zone.name]).in_language(session.terminal.lang),
                *(f"{side:.1f}" for side in zone.place),
                f"{zone.sure:.2f}",
            ]
            for zone in form.zones
        ],
    )
