"""What content is, by its first bytes: the allow-list of page formats (Q01) and names for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pipeline.language import Message, say
from pipeline.refusals import Refusal, Why


class Kind(StrEnum):
    """Formats that are opened; nothing else ever reaches a decoder."""

    JPEG = "JPEG"
    PNG = "PNG"
    TIFF = "TIFF"
    JPEG2000 = "JPEG2000"
    PDF = "PDF"

    @property
    def suffix(self) -> str:
        """File name suffix of a page of this kind."""
        return {"JPEG": ".jpg", "PNG": ".png", "TIFF": ".tif", "JPEG2000": ".jp2", "PDF": ".pdf"}[
            self.value
        ]


@dataclass(frozen=True)
class DecodeLimits:
    """What one page may cost before it is refused (Q01); each is a setting."""

    max_bytes: int = 64 * 2**20
    """Bytes of a delivered file."""
    max_pixels: int = 80_000_000
    """Pixels of a page, by its header, before anything is decoded."""
    max_pages: int = 300
    """Pages of a container."""
    max_split_bytes: int = 2**30
    """Bytes of all pages cut from one container."""
    max_result_bytes: int = 512 * 2**20
    """Bytes that one job in the sandbox may hand back."""
    memory_bytes: int = 2**30
    """Address space of a job beyond that of the sandbox's server."""
    cpu_seconds: int = 10
    """CPU time of a job: one page opened, or one page cut out."""
    wall_seconds: float = 60.0
    """Backstop only: a busy machine must not cost honest pages."""
    descriptors: int = 16
    """Open descriptors of a job."""


_PDF_HEADER_WITHIN = 1024  # readers accept the header anywhere in the first 1024 bytes
_PAGES = (
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"II*\0", Kind.TIFF),
    (b"MM\0*", Kind.TIFF),
    (b"II+\0", Kind.TIFF),
    (b"MM\0+", Kind.TIFF),
    (b"\0\0\0\x0cjP  \r\n\x87\n", Kind.JPEG2000),
    (b"\xff\x4f\xff\x51", Kind.JPEG2000),
)


def recognise(content: bytes, limits: DecodeLimits, name: str | Message | None = None) -> Kind:
    """Return the kind of ``content`` by its first bytes, whatever its file name says.

    Raises ``Refusal`` (Q01) for empty or oversized content and for everything off the allow-list.
    Looks at bytes only and decodes nothing, so it is safe outside the sandbox.
    """
    if not content:
        raise Refusal(Why.EMPTY, name)
    if len(content) > limits.max_bytes:
        raise Refusal(Why.TOO_LARGE, name, limit=limits.max_bytes // 2**20)
    if kind := page_kind(content):
        return kind
    raise Refusal(Why.WRONG_KIND, name, kind=_foreign(content))


def page_kind(head: bytes) -> Kind | None:
    """Return the page format that the first bytes show; None: none that is opened."""
    for magic, kind in _PAGES:
        if head.startswith(magic):
            return kind
    return Kind.PDF if b"%PDF-" in head[:_PDF_HEADER_WITHIN] else None


def _foreign(content: bytes) -> Message:
    """Name what was delivered instead of a page, as an operator would call it."""
    known = (
        (b"GIF8", say("a GIF picture")),
        (b"BM", say("a BMP picture")),
        (b"8BPS", say("a Photoshop picture")),
        (b"PK\x03\x04", say("a ZIP archive or an office document")),
        (b"\xd0\xcf\x11\xe0", say("an office document")),
        (b"%!PS", say("a PostScript document")),
        (b"\x7fELF", say("a program")),
        (b"MZ", say("a program")),
    )
    for magic, told in known:
        if content.startswith(magic):
            return told
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return say("a WebP picture")
    if content[4:8] == b"ftyp":
        return say("a HEIC picture or a film")
    return _text_or_unknown(content[:4096])


def _text_or_unknown(start: bytes) -> Message:
    lowered = start.lower()
    if b"<svg" in lowered:
        return say("an SVG drawing")
    if b"<html" in lowered or lowered.lstrip().startswith(b"<!doctype html"):
        return say("a web page")
    if not start.strip(b"\0"):
        return say("a file of zero bytes only, as an interrupted copy leaves it,")
    control = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in start)
    return say("a text") if control == 0 else say("of an unknown kind")
