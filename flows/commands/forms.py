"""Known forms: learned from filled pages, looked at, confirmed by keeping them in the workspace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import typer
from PIL import Image

from flows.commands import form_proposals
from flows.commands.form_proposals import checked_name, show_zones
from flows.commands.session import Session
from flows.forms import learn_form, load_forms
from flows.parts import open_parts, profile_of
from flows.settings import load_settings
from flows.workspace import Workspace
from pipeline.barcode import SERIAL_GRAMMAR
from pipeline.errors import UserError
from pipeline.forms.model import to_json
from pipeline.forms.picture import draw_zones
from pipeline.language import say


def add_commands(app: typer.Typer) -> None:
    """Add form learn and form list."""
    form = typer.Typer(help="Known forms, of which only the zones are read.")
    form.command("learn")(learn)
    form.command("list")(list_forms)
    form_proposals.add_commands(form)
    app.add_typer(form, name="form")


def learn(
    context: typer.Context,
    files: list[Path] = typer.Argument(help="Filled scans of one form, three or more."),
    name: str = typer.Option(..., "--name", help="The form's name."),
    output: Path = typer.Option(
        None, "--output", help="Where to write it; in the workspace's forms/ it is in use."
    ),
    document_type: str = typer.Option(
        None, "--type", help="Its document type in the profile; sets what its scans must meet."
    ),
    workers: int = typer.Option(1, "--workers", min=1, help="Reading processes."),
) -> None:
    """Propose a form from filled pages, with a picture of its zones to confirm."""
    session: Session = context.obj
    checked_name(name)
    if document_type is not None:
        settings = load_settings(session.workspace)
        profile_of(session.workspace, settings).type_of(document_type)
    path = output or Path(f"{name}.json")
    known = {form.name: form.version for form in load_forms(path.parent)}
    form = learn_form(
        name,
        files,
        version=known.get(name, 0) + 1,
        workers=workers,
        serial_grammar=_grammar(session.workspace),
    )
    form = replace(form, document_type=document_type)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_json(form), "utf-8")
    Image.fromarray(draw_zones(form)).save(path.with_suffix(".png"))
    show_zones(session, form)
    session.terminal.tell(
        say(
            "Form {name} was written to {path}; look at {picture}, then keep it in {folder} to use it.",
            name=form.name,
            path=path,
            picture=path.with_suffix(".png"),
            folder=Workspace(session.workspace).forms,
        )
    )


def list_forms(context: typer.Context) -> None:
    """Show the forms of the workspace."""
    session: Session = context.obj
    with open_parts(session.workspace) as parts:
        forms = parts.forms
    if not forms:
        session.terminal.tell(say("The workspace knows no forms; see “paperproof form learn”."))
        return
    session.terminal.table(
        say("Known forms"),
        [
            say("Form"),
            say("Version"),
            say("Type"),
            say("Size, mm"),
            say("Zones"),
            say("Learned from, pages"),
        ],
        [
            [
                form.name,
                str(form.version),
                form.document_type or "–",
                f"{form.width_mm:.0f} × {form.height_mm:.0f}",
                str(len(form.zones)),
                str(len(form.learned_from)),
            ]
            for form in forms
        ],
    )


def _grammar(workspace: Path) -> str:
    """Return the workspace's serial grammar; the ordinary one where there is no workspace."""
    try:
        return load_settings(workspace).reading.serial_grammar
    except UserError:
        return SERIAL_GRAMMAR
