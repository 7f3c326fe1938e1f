"""Reports as one page that needs nothing beside itself and prints on A4."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from catalog.reports.view import Report
from pipeline.language import Message

_KINDS_OF_PICTURE = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


def render_html(report: Report) -> str:
    """Return the report as one self-contained page: style and pictures inside, no scripts, no links."""
    return render("mismatch.html.j2", report.lang, report=report)


def render(template: str, lang: str, **parts: Any) -> str:
    """Fill a template in one language; what it shows is escaped, what it lacks is a fault."""

    # The templates' own words are written there as say("…"), where script/translations finds them.
    def say(sentence: str, **values: Any) -> str:
        return Message(sentence, tuple(values.items())).in_language(lang)

    environment = Environment(
        loader=PackageLoader("catalog.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(css_escaped=_css_escaped, data_uri=_data_uri)
    return environment.get_template(template).render(say=say, **parts)


def _data_uri(picture: bytes | None) -> str | None:
    """Return a JPEG or PNG as data URI; None for no picture and for bytes that are none of both."""
    if picture is None:
        return None
    for magic, kind in _KINDS_OF_PICTURE.items():
        if picture.startswith(magic):
            return f"data:{kind};base64,{b64encode(picture).decode('ascii')}"
    return None


def _css_escaped(text: str) -> str:
    """Spell text out for a string of a style sheet, where HTML's escapes mean nothing."""
    return "".join(f"\\{ord(each):06x}" for each in text)
