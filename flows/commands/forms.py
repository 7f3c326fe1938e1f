"""Known forms: learned from filled pages, looked at, confirmed by keeping them in the workspace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import typer
from PIL import Image

from flows.commands import form_proposals
from flows.commands.form_proposals import checked_name, show_zones
from flows.commands.session import Session
from flows.forms import load_forms
from flows.parts import profile_of
from flows.settings import load_settings
from flows.workspace import Workspace
from pipeline.errors import UserError
from pipeline.forms.model import FormModel, to_json
from pipeline.forms.picture import draw_zones
from pipeline.language import say
from pipeline.model import Area, Mark
from pipeline.serials import SERIAL_GRAMMAR


def add_commands(app: typer.Typer) -> None:
    """Add form learn and form list."""
    form = typer.Typer(help="Known forms, of which only the zones are read.", no_args_is_help=True)
    form.command("learn")(learn)
    form.command("mark")(mark)
    form.command("list")(list_forms)
    form_proposals.add_commands(form)
    app.add_typer(form, name="form")


def learn(
    context: typer.Context,
    files: list[Path] = typer.Argument(
        help="Filled scans of one form, three or more; one with --zones."
    ),
    name: str = typer.Option(..., "--name", help="The form's name."),
    output: Path = typer.Option(
        None, "--output", help="Where to write it; in the workspace's forms/ it is in use."
    ),
    document_type: str = typer.Option(
        None, "--type", help="Its document type in the profile; sets what its scans must meet."
    ),
    zones: Path = typer.Option(
        None,
        "--zones",
        help=r"YAML or JSON, name: \[left, top, right, bottom] in mm; one sample then.",
    ),
    workers: int = typer.Option(1, "--workers", min=1, help="Reading processes."),
) -> None:
    """Propose a form from filled pages, or make one of a sample and its named zones; with a picture."""
    session: Session = context.obj
    checked_name(name)
    if document_type is not None:
        settings = load_settings(session.workspace)
        profile_of(session.workspace, settings).type_of(document_type)
    path = output or Path(f"{name}.json")
    known = {form.name: form.version for form in load_forms(path.parent)}
    version, grammar = known.get(name, 0) + 1, _grammar(session.workspace)
    from flows.learn_forms import (
        form_by_zones,
        learn_form,
    )  # only learning needs what takes seconds

    if zones is None:
        form = learn_form(name, files, version=version, workers=workers, serial_grammar=grammar)
    elif len(files) == 1:
        form = form_by_zones(name, files[0], zones, version=version, serial_grammar=grammar)
    else:
        raise UserError(say("With --zones, name one scan: the form's sample."))
    form = replace(form, document_type=document_type)
    _write(path, form)
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


def mark(
    context: typer.Context,
    name: str = typer.Argument(help="A form of the workspace."),
    signature: list[str] = typer.Option(
        [], "--signature", help="Where it is signed: left,top,right,bottom in mm."
    ),
    stamp: list[str] = typer.Option([], "--stamp", help="Where it is stamped in red, likewise."),
    document_type: str = typer.Option(None, "--type", help="Its document type in the profile."),
) -> None:
    """Say where a form must be signed and stamped, and which type it is; makes a new version of it."""
    session: Session = context.obj
    with session.open_parts() as parts:
        known = parts.forms_by_name
        if document_type is not None:
            parts.profile.type_of(document_type)
    if name not in known:
        raise UserError(
            say("There is no form {name}; “paperproof form list” shows those there are.", name=name)
        )
    form = known[name]
    areas = (
        *(Area(Mark.SIGNATURE, _place(text, form)) for text in signature),
        *(Area(Mark.STAMP, _place(text, form)) for text in stamp),
    )
    form = replace(
        form,
        version=form.version + 1,
        document_type=document_type or form.document_type,
        areas=areas or form.areas,
    )
    path = Workspace(session.workspace).forms / f"{name}.json"
    _write(path, form)
    session.terminal.tell(
        say(
            "Form {name} is now version {version}; look at {picture}.",
            name=name,
            version=form.version,
            picture=path.with_suffix(".png"),
        )
    )


def _place(text: str, form: FormModel) -> tuple[float, float, float, float]:
    try:
        left, top, right, bottom = map(float, text.split(","))
    except ValueError:
        left = right = top = bottom = 0.0
    if not (0 <= left < right <= form.width_mm and 0 <= top < bottom <= form.height_mm):
        raise UserError(
            say(
                "{text} is no place on a form of {width} × {height} mm; write left,top,right,bottom in "
                "millimetres, like 40,205,80,220.",
                text=text,
                width=round(form.width_mm),
                height=round(form.height_mm),
            )
        )
    return left, top, right, bottom


def _write(path: Path, form: FormModel) -> None:
    """Keep a form beside the picture of its zones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_json(form), "utf-8")
    Image.fromarray(draw_zones(form)).save(path.with_suffix(".png"))


def list_forms(context: typer.Context) -> None:
    """Show the forms of the workspace."""
    session: Session = context.obj
    with session.open_parts() as parts:
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
