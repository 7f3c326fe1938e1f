"""From a stream file's bytes to its lines: the encoding told apart, the rows split, physical lines kept."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.errors import StreamRefused
from pipeline.language import Message, say

ENCODINGS = ("utf-8", "gb18030")

_BINARY = (
    *(b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf"),
    *(b"\x89PNG", b"\xff\xd8\xff", b"%PDF-", b"GIF8", b"II*\0", b"MM\0*"),
)
"""How workbooks, archives and images begin."""
_OTHER_UNICODE = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")
_NUL_SHARE = 0.05
"""UTF-16 without a mark is a fifth NUL or more; a stray NUL in a text stays far below."""
_LEAST_GB2312 = 0.1
"""Share of the non-ASCII characters that are in GB2312. Measured: simplified Chinese 1.0, traditional
Chinese in GB18030 0.17 to 0.5, Shift-JIS and Latin-1 read as GB18030 0.0."""
_MOST_UNUSED = 0.05
"""Share of private-use and C1 characters. Measured: Big5 read as GB18030 0.27, real text about 0."""


@dataclass(frozen=True)
class StreamRow:
    """One CSV row of the file; ``fault`` says why it has no cells where the quoting is broken."""

    line_no: int
    """Physical line on which the row begins, 1 for the first."""
    text: str
    """The row as delivered, without its last line end."""
    cells: tuple[str, ...]
    fault: Message | None = None


def decode_stream(content: bytes, encoding: str | None = None) -> tuple[str, str]:
    """Return the text and its encoding: strict UTF-8 first (byte order mark or not), else GB18030.

    ``encoding`` ("utf-8" or "gb18030") rules out the other. Raises StreamRefused where it is neither.
    """
    if content.startswith(_BINARY):
        raise StreamRefused(
            say(
                "The stream file is a workbook, an image or another binary file;"
                " export it as CSV text in UTF-8 or GB18030."
            )
        )
    if not content.startswith(_OTHER_UNICODE) and content.count(0) <= _NUL_SHARE * len(content):
        for candidate in (encoding,) if encoding else ENCODINGS:
            text = _decoded(content, candidate)
            if text is not None:
                return text, candidate
    raise StreamRefused(
        say(
            "The stream file is not in {expected}; export it again in that encoding.",
            expected=say("UTF-8 or GB18030") if encoding is None else encoding.upper(),
        )
    )


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None
    # Nearly any bytes decode as GB18030; only the characters they make tell whether they were meant so.
    return text if encoding == "utf-8" or _plausible_chinese(text) else None


def _plausible_chinese(text: str) -> bool:
    ascii_count = len(text.encode("ascii", "ignore"))
    others = len(text) - ascii_count
    in_gb2312 = (len(text.encode("gb2312", "ignore")) - ascii_count) / 2
    unused = len(re.findall("[\x80-\x9f\ue000-\uf8ff]", text))
    return in_gb2312 >= _LEAST_GB2312 * others and unused <= _MOST_UNUSED * others


def split_rows(text: str, delimiter: str) -> Iterator[StreamRow]:
    """Yield the CSV rows of ``text``, blank ones left out.

    A row whose quoting is broken, or with a cell beyond the csv module's limit, comes with a ``fault``.
    Raises StreamRefused where a quotation mark is never closed: nobody knows where that row ends.
    """
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        begin = reader.line_num
        cells: list[str] = []
        fault = None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fault = _fault_of(error, begin + 1)
        delivered = "".join(lines[begin : reader.line_num]).rstrip("\r\n")
        if fault or any(cell.strip() for cell in cells):
            yield StreamRow(begin + 1, delivered, tuple(cells), fault)


def _fault_of(error: csv.Error, line_no: int) -> Message:
    if "end of data" in str(error):
        raise StreamRefused(
            say(
                "The quotation mark opened on line {line} of the stream file is never closed;"
                " export the file again.",
                line=line_no,
            )
        ) from error
    if "field larger" in str(error):
        return say("A cell of this row is longer than any field may be; correct it in the export.")
    return say("The quotation marks of this row do not pair; write a mark inside a cell twice.")
