"""What a born-digital file is, by its first bytes; nothing of it is decoded.

The list holds what stays readable: page formats of DA/T 31-2017 and 36 CFR 1236.48, the national layout
format OFD (GB/T 33190-2016), plain XML, and the containers in which cameras write.
"""

from __future__ import annotations

import re
from enum import StrEnum

from pipeline.kinds import Kind, page_kind

HEAD = 65_536
"""Bytes at the beginning that are looked at."""


class Format(StrEnum):
    """Formats that a born-digital package may hold."""

    PDF = "PDF"
    OFD = "OFD"
    JPEG = "JPEG"
    PNG = "PNG"
    TIFF = "TIFF"
    JPEG2000 = "JPEG2000"
    XML = "XML"
    MP4 = "MP4"
    MATROSKA = "Matroska"
    AVI = "AVI"
    ASF = "ASF"
    MPEG = "MPEG"
    FLV = "FLV"

    @property
    def is_video(self) -> bool:
        """Whether it is a film: never decoded here, and a carrier is wanted for it (CG-06c)."""
        return self in _VIDEOS

    @property
    def is_page(self) -> bool:
        """Whether the sandbox can open it."""
        return self.name in Kind.__members__

    @property
    def suffix(self) -> str:
        """The ending that a file of it gets."""
        if self.is_page:
            return Kind(self.value).suffix
        return _SUFFIXES.get(self, f".{self.value.lower()}")


_VIDEOS = (Format.MP4, Format.MATROSKA, Format.AVI, Format.ASF, Format.MPEG, Format.FLV)
_SUFFIXES = {
    Format.MATROSKA: ".mkv",
    Format.ASF: ".wmv",
    Format.MPEG: ".mpg",
}
_BEGINNINGS = (
    (b"\x1a\x45\xdf\xa3", Format.MATROSKA),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Format.ASF),
    (b"\0\0\x01\xba", Format.MPEG),
    (b"FLV\x01", Format.FLV),
)
_XML = re.compile(rb"(\xef\xbb\xbf)?<\?xml[ \t\r\n]")
_BOXES = (b"ftyp", b"moov")


def recognised(head: bytes) -> Format | None:
    """Return the format that the first bytes show; None: none that is kept."""
    for beginning, form in _BEGINNINGS:
        if head.startswith(beginning):
            return form
    if head.startswith(b"PK\x03\x04") and b"OFD.xml" in head:
        return Format.OFD
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return Format.AVI
    if head[4:8] in _BOXES and not head[8:12].startswith((b"heic", b"mif1", b"avif")):
        return Format.MP4
    if _XML.match(head):
        return Format.XML
    kind = page_kind(head)
    return Format(kind.value) if kind else None
