"""The registration form of a customer, and labels to stick on bags and boxes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import typer

from flows.access import Guard
from flows.commands.session import Session, checked_branch
from flows.form_writing import Shape, shape_of, written
from flows.registration_form import bags_of, labels, registration_form
from pipeline.access.acts import Act
from pipeline.access.requests import Subject
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.language import say

_BY = typer.Option(None, "--as", metavar="NAME", help="Who asks (this account).")


def add_to(group: typer.Typer) -> None:
    """Add archive form and label."""
    group.command("form")(form)
    group.command("label")(label)


def form(
    context: typer.Context,
    number: str = typer.Argument(metavar="NUMBER", help="Number of the customer or the bag."),
    out: Path = typer.Option(..., "--out", "-o", help="File to write."),
    shape: Shape = typer.Option(None, "--format", help="pdf, html, csv, json (as FILE ends)."),
    by: str = _BY,
) -> None:
    """Write the registration form of a customer, for the back of the bag (A4)."""
    session: Session = context.obj
    with session.open_parts() as parts:
        archive = parts.catalog.archives.one(number)
        guard = Guard.at_word(parts, session.acting(by))
        guard.require(Act.SHELF_VIEW, archive.branch)
        of = Subject(archive.branch, archive.customer_no)
        guard.must_know(Act.SHELF_VIEW, of, datetime.now(ZONE))
        made = registration_form(parts, archive, session.terminal.lang)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(written(made, shape or shape_of(out), datetime.now(ZONE)))
    session.terminal.tell(say("Registration form of bag {bag}: {path}", bag=archive.bag, path=out))


def label(
    context: typer.Context,
    numbers: list[str] = typer.Argument(None, metavar="NUMBER", help="Bags, volumes, boxes …"),
    branch: str = typer.Option(None, "--branch", help="All bags of a branch instead."),
    out: Path = typer.Option(..., "--out", "-o", help="PDF to write."),
    by: str = _BY,
) -> None:
    """Make labels with barcodes, 14 on a sheet of A4 (99.1 x 38.1 mm), bags by customer number."""
    from catalog.reports.shelf_label import labels_pdf

    session: Session = context.obj
    if out.suffix.lower() != ".pdf":
        raise UserError(say("Labels are a PDF; name a file like labels.pdf."))
    at = None if branch is None else checked_branch(branch)
    if bool(numbers) is (at is not None):
        raise UserError(say("Name either what the labels are for, or --branch for all its bags."))
    with session.open_parts() as parts:
        Guard.at_word(parts, session.acting(by)).require(Act.SHELF_VIEW, at)
        wanted = bags_of(parts, at) if at is not None else numbers
        made = labels(parts, wanted, session.terminal.lang)
    if not made:
        raise UserError(say("Branch {branch} has no bags yet.", branch=at or "–"))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(labels_pdf(made, datetime.now(ZONE)))
    session.terminal.tell(
        say(
            "{count} labels: {path}, to be printed at their true size on sheets of 2 x 7.",
            count=len(made),
            path=out,
        )
    )
