"""One act as an entry of the log: canonical JSON that names the hash of the entry before.

Canonical: keys in order, no white space, UTF-8. The log can never forget, so it holds ids and digests, no
customer's data (reliability.md section 4).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FIRST = "0" * 64
"""What the first entry names as the one before it."""
ALGORITHM = "SHA-256"
_FREE_TEXT = frozenset({"purpose", "reason", "note", "detail"})
"""What people type: numbers in it may be a customer's."""
_NUMBER = re.compile(r"(?<![0-9A-Za-z])\d{6,}[Xx]?(?![0-9A-Za-z])")
"""Accounts, phones and identity numbers; days written like 2026-11-19 are none."""


@dataclass(frozen=True)
class Entry:
    """An entry as read: its place, its very bytes, and what they say."""

    body: bytes
    told: Mapping[str, Any]

    @property
    def seq(self) -> int:
        """1 for the first."""
        return int(self.told["seq"])

    @property
    def prev(self) -> str:
        """SHA-256 of the body before."""
        return str(self.told["prev"])

    @property
    def sha256(self) -> str:
        """SHA-256 of the body, which the next entry names."""
        return hashlib.sha256(self.body).hexdigest()

    @classmethod
    def read(cls, body: bytes) -> Entry:
        """Read an entry; raises ValueError when it is none, or not in canonical form."""
        told = json.loads(body)
        if (
            not isinstance(told, dict)
            or type(told.get("seq")) is not int
            or not isinstance(told.get("prev"), str)
            or canonical(told) != body
        ):
            raise ValueError("no entry of the log in canonical form")
        return cls(body, told)


def canonical(told: Mapping[str, Any]) -> bytes:
    """Write what an entry tells: the same bytes for the same content."""
    return json.dumps(
        told, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def told(seq: int, prev: str, at: str, **details: Any) -> dict[str, Any]:
    """Put an entry's content together; a long number in what a person typed becomes a digest of it."""
    clean = {
        name: _NUMBER.sub(_digested, value)
        if name in _FREE_TEXT and isinstance(value, str)
        else value
        for name, value in details.items()
    }
    return {"alg": ALGORITHM, "seq": seq, "prev": prev, "at": at, **clean}


def digest_of(value: Any) -> str:
    """The SHA-256 of any JSON value: how an entry speaks of what was before and after."""
    return hashlib.sha256(canonical({"value": value})).hexdigest()


def _digested(number: re.Match[str]) -> str:
    return f"#{hashlib.sha256(number[0].encode()).hexdigest()[:12]}"
