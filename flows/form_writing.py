"""A form written as the file that was asked for (CG-29)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from catalog.reports.form import Form, form_csv, form_html, form_json


class Shape(StrEnum):
    """How a form is written."""

    PDF = "pdf"
    HTML = "html"
    CSV = "csv"
    JSON = "json"


def written(form: Form, shape: Shape, at: datetime) -> bytes:
    """Return a form in one of its shapes; ``at``: the moment that a PDF says it was made."""
    if shape is Shape.PDF:
        from catalog.reports.form_pdf import form_pdf  # drawing is no other shape's business

        return form_pdf(form, at)
    return {Shape.HTML: form_html, Shape.CSV: form_csv, Shape.JSON: form_json}[shape](form).encode()
