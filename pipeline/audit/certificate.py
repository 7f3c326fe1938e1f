"""A certificate for one entry of the log: with it and the public key anyone can tell that it stands there.

It holds the entry, the proof that it is in the tree, and the signed checkpoint over that tree.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from pipeline import merkle
from pipeline.audit.entry import Entry
from pipeline.audit.note import Checkpoint, LogKey
from pipeline.errors import UserError
from pipeline.language import say

_FORM = "paperproof-log-entry/1"


@dataclass(frozen=True)
class Certificate:
    """The proof that an entry stands in a signed log."""

    body: bytes
    """The entry, byte by byte."""
    proof: tuple[bytes, ...]
    """Hashes from the entry up to the root (RFC 6962 section 2.1.1)."""
    note: bytes
    """The signed checkpoint."""
    key: str
    """The public key as it was known when this was made; whoever checks must have it from elsewhere."""

    def as_json(self) -> bytes:
        """Write it as a file."""
        told = {
            "form": _FORM,
            "entry": self.body.decode(),
            "proof": [one.hex() for one in self.proof],
            "checkpoint": self.note.decode(),
            "key": self.key,
        }
        return (json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()

    @classmethod
    def read(cls, content: bytes) -> Certificate:
        """Read a file; raises UserError when it is no certificate."""
        try:
            told = json.loads(content)
            if told["form"] != _FORM:
                raise ValueError(told["form"])
            proof = tuple(map(bytes.fromhex, told["proof"]))
            return cls(told["entry"].encode(), proof, told["checkpoint"].encode(), told["key"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(say("This is no certificate of an entry of the log.")) from error

    def proved_by(self, key: LogKey) -> tuple[Entry, Checkpoint] | None:
        """The entry and the checkpoint that proves it; None when they do not hold under this key."""
        checkpoint = key.opened(self.note)
        try:
            entry = Entry.read(self.body)
        except ValueError:
            return None
        if checkpoint is None or not merkle.holds(
            self.body, entry.seq - 1, checkpoint.size, self.proof, checkpoint.root
        ):
            return None
        return entry, checkpoint
