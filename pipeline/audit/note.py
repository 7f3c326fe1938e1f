"""Checkpoints of the log: signed notes that name its size and root (C2SP signed-note and tlog-checkpoint v1).

A note is text, an empty line, and a line for each signature: “— name base64(key id ‖ signature)”. Whoever has
the key in its one-line form “name+id+base64” can check it with this page's rules and any Ed25519 (RFC 8032).
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256

from pipeline.errors import UserError
from pipeline.language import say
from pipeline.signature import Signature, Signer

_ED25519 = b"\x01"
NAME = re.compile(r"[^\s+\x00-\x1f\x7f]+")
"""What may name a log: blanks and + would break the note's form."""
_SIZE = re.compile(r"0|[1-9][0-9]*")


@dataclass(frozen=True)
class Checkpoint:
    """What the log was when somebody signed it."""

    origin: str
    """The log's name."""
    size: int
    """Entries."""
    root: bytes
    """Root of the tree over them (``pipeline.merkle``)."""

    @property
    def text(self) -> str:
        """The signed lines."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"

    def signed(self, signer: Signer) -> bytes:
        """The signed note; the same bytes each time, for Ed25519 draws no lots."""
        signature = signer.sign(self.text.encode())
        key = LogKey(self.origin, bytes.fromhex(signature.public_key))
        told = _base64(key.id + bytes.fromhex(signature.value))
        return f"{self.text}\n— {self.origin} {told}\n".encode()


@dataclass(frozen=True)
class LogKey:
    """The public key of whoever signs a log, and the log's name."""

    name: str
    public: bytes
    """32 bytes."""

    @property
    def id(self) -> bytes:
        """The first 4 bytes of the SHA-256 of name and key."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_base64(_ED25519 + self.public)}"

    @classmethod
    def read(cls, line: str) -> LogKey:
        """Read the one-line form; raises UserError when it is none."""
        try:
            name, told, coded = line.strip().split("+", 2)
            raw = base64.b64decode(coded, validate=True)
            key = cls(name, raw[1:])
            if (
                raw[:1] == _ED25519
                and len(raw) == 33
                and key.id.hex() == told
                and NAME.fullmatch(name)
            ):
                return key
        except (ValueError, binascii.Error):
            pass
        raise UserError(
            say(
                "“{key}” is no key of a log; it reads like name+1a2b3c4d+AbC…; “paperproof audit key show” "
                "prints it.",
                key=line.strip()[:80],
            )
        )

    def opened(self, note: bytes) -> Checkpoint | None:
        """The checkpoint that a note holds, when this key signed it; None otherwise."""
        try:
            text, rest = note.decode().split("\n\n", 1)
        except ValueError:
            return None
        signed = f"{text}\n"
        lines = rest.split("\n")
        if lines.pop() != "" or not lines or not all(map(_SIGNED.fullmatch, lines)):
            return None
        if not any(self._signed(line, signed) for line in lines):
            return None
        return _checkpoint(signed, self.name)

    def _signed(self, line: str, text: str) -> bool:
        _, name, coded = line.split(" ")
        raw = _exact(coded)
        return (
            raw is not None
            and name == self.name
            and raw[:4] == self.id
            and Signature(raw[4:].hex(), self.public.hex()).holds_for(text.encode())
        )


_SIGNED = re.compile(r"— [^\s+]+ [A-Za-z0-9+/]+={0,2}")


def _checkpoint(text: str, origin: str) -> Checkpoint | None:
    lines = text.split("\n")
    if len(lines) != 4 or lines[0] != origin or not _SIZE.fullmatch(lines[1]):
        return None
    root = _exact(lines[2])
    return Checkpoint(origin, int(lines[1]), root) if root and len(root) == 32 else None


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _exact(coded: str) -> bytes | None:
    """Decode base64 that is written in the one right way: no other spelling of the same bytes passes."""
    try:
        raw = base64.b64decode(coded, validate=True)
    except (ValueError, binascii.Error):
        return None
    return raw if _base64(raw) == coded else None
