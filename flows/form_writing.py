"""A form written as the file that was asked for (CG-29)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path

from catalog.reports.form import Form, form_csv, form_html, form_json
from pipeline.errors import UserError
from pipeline.language import say


class Shape(StrEnum):
    """How a form is written."""

    PDF = "pdf"
    HTML = "html"
    CSV = "csv"
    JSON = "json"


def shape_of(path: Path) -> Shape:
    """Return how a file of this name is written; raises UserError when its name does not tell."""
    try:
        return Shape(path.suffix.removeprefix(".").lower())
    except ValueError as error:
        raise UserError(
            say(
                "{path} does not say how to write it; end it in .pdf, .html, .csv or .json.",
                path=path,
            )
        ) from error


def written(form: Form, shape: Shape, at: datetime) -> bytes:
    """Return a form in one of its shapes; ``at``: the moment that a PDF says it was made."""
    if shape is Shape.PDF:
        from catalog.reports.form_pdf import form_pdf  # drawing is no other shape's business

        return form_pdf(form, at)
    return {Shape.HTML: form_html, Shape.CSV: form_csv, Shape.JSON: form_json}[shape](form).encode()
