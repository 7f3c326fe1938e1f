"""The label sheet of a cold volume."""

from __future__ import annotations

from pathlib import Path

import typer

from catalog.catalog import Catalog
from catalog.volumes import Volume
from flows.commands.session import Session
from pipeline.carriers import KINDS
from pipeline.clocks import ZONE
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.volume_label import VolumeLabel, draw_label


def label(
    context: typer.Context,
    volume: str = typer.Argument(metavar="VOLUME", help="Name of the volume, PP-000001."),
    out: Path = typer.Option(None, "--out", "-o", help="PDF to write."),
    carrier: str = typer.Option(
        None, "--carrier", help="Number of the carrier it is for (the first that holds the volume)."
    ),
) -> None:
    """Make the sheet to put beside a carrier: what is in the volume, a code that names it, signatures."""
    from pipeline.sheet_print import as_pdf

    session: Session = context.obj
    with session.open_parts() as parts:
        known = parts.catalog.volumes.one(volume)
        if known is None:
            raise UserError(
                say("The register has no volume {name}; see “paperproof cold list”.", name=volume)
            )
        made = label_of(parts.catalog, known, parts.settings.institution, carrier)
    path = out or Path(f"{volume}.pdf")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(as_pdf(draw_label(made)))
    session.terminal.tell(
        say("Label of {name}: {path}, A5, to be printed at its true size.", name=volume, path=path)
    )


def label_of(catalog: Catalog, volume: Volume, institution: str, number: str | None) -> VolumeLabel:
    """Gather what stands on a volume's label; raises UserError when it cannot be named by its manifest."""
    if volume.manifest is None:
        raise UserError(
            say(
                "The digest of {name} is not in the register yet; run “paperproof cold check {name}” first.",
                name=volume.name,
            )
        )
    pages = [one.sha256 for one in catalog.volumes.objects_in(volume.name) if one.kind == "obj"]
    places = [one for found in catalog.volumes.places(pages).values() for one in found]
    carriers = [one for one in catalog.carriers.all() if one.in_use and volume.name in one.holdings]
    on = catalog.carriers.one(number) if number else next(iter(carriers), None)
    kind = KINDS[on.kind] if on else None
    return VolumeLabel(
        institution=institution,
        name=volume.name,
        manifest=volume.manifest,
        made=volume.made_at.astimezone(ZONE).date(),
        days=sorted({one.day for one in places}),
        branches=sorted({one.branch for one in places}),
        objects=volume.objects,
        byte_count=volume.byte_count,
        carrier=f"{on.number} {kind.in_language('zh')} {kind.in_language('en')}"
        if on and kind
        else "",
        place=on.place if on else "",
        encrypted=volume.sealed is not None,
    )
