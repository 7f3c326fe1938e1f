"""A certificate on paper: what was done, and every hash that proves that it stands in the signed log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import numpy as np

from pipeline.audit.certificate import Certificate
from pipeline.audit.entry import Entry
from pipeline.audit.note import Checkpoint
from pipeline.audit.wording import name_of
from pipeline.clocks import ZONE
from pipeline.language import Message, say
from pipeline.merkle import leaf
from pipeline.model import Pixels
from pipeline.sheet_print import PRINT_DPI
from pipeline.specimens.fonts import find_font, load_font
from pipeline.specimens.sheet import A4, Sheet

_LEFT, _VALUES, _RIGHT = 18.0, 58.0, 192.0
_LINE, _SMALL_LINE, _BOTTOM = 7.2, 4.6, 282.0
_VALUE, _TEXT, _RULER = 3.8, 3.0, 100
"""Sizes of type in mm, and the pixels at which type is measured."""


def draw_certificate(
    certificate: Certificate, proved: tuple[Entry, Checkpoint], lang: str, font: Path | None = None
) -> list[Pixels]:
    """Draw a certificate on as many A4 sheets as it takes, 3 channels, black on white.

    ``proved``: what it proves under the log's key. Raises UserError when the Chinese typeface is missing.
    """
    entry, checkpoint = proved
    body = json.loads(entry.body)
    writer = _Writer(lang, font or find_font())
    writer.title(say("Certificate of an entry of the log"))
    for name, value in _facts(body, checkpoint):
        writer.pair(name, value.in_language(lang) if isinstance(value, Message) else value)
    writer.text(
        say(
            "The entry below stands in the log: its hash (SHA-256 of 00 and the entry), joined with the "
            "hashes of the proof in their order (SHA-256 of 01, left and right; RFC 6962), gives the root "
            "that the checkpoint names, and the checkpoint is signed with the key (Ed25519)."
        )
    )
    writer.block(say("Entry, byte by byte"), entry.body.decode())
    writer.block(say("Hash of the entry"), leaf(entry.body).hex())
    proof = "\n".join(one.hex() for one in certificate.proof)
    writer.block(say("Proof, from the entry up"), proof or "–")
    writer.block(say("Signed checkpoint"), certificate.note.decode())
    writer.block(say("Public key; compare it with the one on paper"), certificate.key)
    return writer.sheets()


def _facts(
    body: dict[str, object], checkpoint: Checkpoint
) -> Iterator[tuple[Message, str | Message]]:
    at = datetime.fromisoformat(str(body["at"])).astimezone(ZONE)
    yield say("No."), str(body["seq"])
    yield say("When"), f"{at:%Y-%m-%d %H:%M:%S}"
    yield say("Who"), str(body["who"])
    yield say("What"), name_of(str(body["act"]))
    yield say("Act"), str(body["act"])
    yield say("On"), str(body["subject"])
    yield say("Done"), say("yes") if body.get("ok", True) else say("denied")
    yield say("Log"), f"{checkpoint.origin} · {checkpoint.size:,}"
    yield say("Root"), checkpoint.root.hex()


class _Writer:
    """Writes lines down the page, and goes on on a new one where it is full."""

    def __init__(self, lang: str, font: Path) -> None:
        self._lang, self._font = lang, font
        self._ruler = load_font(font, _RULER)
        self._done: list[Sheet] = []
        self._new()

    def title(self, text: Message) -> None:
        self._paper.label(_LEFT, self._down, text.in_language(self._lang), 7, bold=True)
        self._down += 4
        self._paper.rule(_LEFT, self._down, _RIGHT, self._down, 0.6)
        self._down += 9

    def pair(self, name: Message, value: str) -> None:
        self._paper.label(_LEFT, self._down, name.in_language(self._lang), 3.6)
        for line in lines(value, _RIGHT - _VALUES, self._measure(_VALUE)):
            self._paper.label(_VALUES, self._down, line, _VALUE, bold=True)
            self._down += _LINE
        self._room(_LINE)

    def text(self, text: Message) -> None:
        self._down += 2
        self._small(text.in_language(self._lang))

    def block(self, name: Message, text: str) -> None:
        self._room(3 * _SMALL_LINE)
        self._down += 3
        self._paper.label(_LEFT, self._down, name.in_language(self._lang), 3.4, bold=True)
        self._down += _SMALL_LINE + 1
        self._small(text)

    def sheets(self) -> list[Pixels]:
        return [
            np.repeat((255 - paper.form_ink())[:, :, None], 3, axis=2)
            for paper in (*self._done, self._paper)
        ]

    def _small(self, text: str) -> None:
        for line in lines(text, _RIGHT - _LEFT, self._measure(_TEXT)):
            self._room(_SMALL_LINE)
            self._paper.label(_LEFT, self._down, line, _TEXT)
            self._down += _SMALL_LINE

    def _measure(self, size: float) -> Callable[[str], float]:
        """How wide a text is in mm, set in a size."""
        return lambda text: self._ruler.getlength(text) * size / _RULER

    def _room(self, mm: float) -> None:
        if self._down + mm > _BOTTOM:
            self._done.append(self._paper)
            self._new()

    def _new(self) -> None:
        self._paper, self._down = Sheet(A4, self._font, PRINT_DPI), 24.0


def lines(text: str, most: float, width: Callable[[str], float]) -> Iterator[str]:
    """Break a text into lines of at most so much width; at blanks where there are any."""
    for given in text.splitlines():
        line = ""
        for word in _words(given):
            if line and width(line + word) > most:
                yield line.rstrip()
                line = ""
            line += word
        yield line.rstrip()


def _words(text: str) -> Iterator[str]:
    """Parts between which a line may end: words, single Chinese signs, and pieces of long digests."""
    word = ""
    for sign in text:
        word += sign
        if sign == " " or ord(sign) > 0x2E7F or len(word) == 16:
            yield word
            word = ""
    yield word
