"""Signed records: whoever has the public key can tell that a record was made here and not changed.

Ed25519 (RFC 8032).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import UserError
from pipeline.language import say

if TYPE_CHECKING:  # loaded when something is signed: most commands read the catalog only
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True)
class Signature:
    """A signature and the public key that checks it, both as hex digits."""

    value: str
    public_key: str

    def holds_for(self, content: bytes) -> bool:
        """Whether these very bytes were signed with the key that belongs to ``public_key``."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public_key))
            key.verify(bytes.fromhex(self.value), content)
        except (InvalidSignature, ValueError):
            return False
        return True


class Verdict(StrEnum):
    """What is to be thought of a signed record."""

    HOLDS = "holds"
    OTHER_KEY = "other key"
    """It was signed, but not with the key that was in use here when it was made."""
    BROKEN = "broken"
    """It is not what was signed, or was never signed."""


_LINE = re.compile(r"(\S+) ([0-9a-f]{64})")


@dataclass(frozen=True)
class KnownKeys:
    """The public keys that records here were signed with, each from its moment to the next one's.

    They stand in a file beside the private key, not in the catalog: whoever administers the database could
    sign a forged record with a key of their own. One line a key: the moment, a blank, 64 hex digits.
    """

    path: Path
    keys: tuple[tuple[datetime, str], ...]

    @classmethod
    def beside(cls, private_key: Path) -> KnownKeys:
        """Read the list, none where there is none; raises UserError when it does not hold."""
        path = private_key.with_suffix(".keys")
        try:
            text = path.read_text("ascii") if path.exists() else ""
            if text and path.stat().st_mode & 0o022:
                raise UserError(say("Others may change {path}; run “chmod 600 {path}”.", path=path))
            return cls(path, tuple(sorted(map(_known_key, text.splitlines()))))
        except (OSError, ValueError) as error:
            raise UserError(
                say(
                    "The list of keys {path} cannot be read ({why}); put it back from its safe copy.",
                    path=path,
                    why=error,
                )
            ) from error

    def judge(self, signature: Signature | None, content: bytes, at: datetime) -> Verdict:
        """Judge what was signed at ``at``; before the first key's moment the first key counts."""
        if signature is None or not signature.holds_for(content):
            return Verdict.BROKEN
        wanted = [key for since, key in self.keys if since <= at] or [k for _, k in self.keys[:1]]
        return Verdict.HOLDS if signature.public_key in wanted[-1:] else Verdict.OTHER_KEY

    def with_key(self, public_key: str) -> KnownKeys:
        """Enter a key from now on, unless it is the one in use."""
        if self.keys and self.keys[-1][1] == public_key:
            return self
        keys = (*self.keys, (datetime.now(UTC), public_key))
        text = "".join(f"{since.isoformat()} {key}\n" for since, key in keys)
        _write(self.path, text.encode())
        return KnownKeys(self.path, keys)


def _known_key(line: str) -> tuple[datetime, str]:
    found = _LINE.fullmatch(line)
    if not found:
        raise ValueError(line)
    return datetime.fromisoformat(found[1]).astimezone(UTC), found[2]


class Signer:
    """Signs with the private key in a file that its owner alone may read."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def of(cls, path: Path) -> Signer:
        """Read the key, or make one where there is none; it is among the known keys from then on.

        Raises UserError when it cannot be read.
        """
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        known = KnownKeys.beside(path)
        if not path.exists():
            _write(path, _as_pem(Ed25519PrivateKey.generate()))
        try:
            if path.stat().st_mode & 0o077:
                raise UserError(
                    say(
                        "{path} holds secrets and others may read it; run “chmod 600 {path}”.",
                        path=path,
                    )
                )
            key = load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError) as error:
            raise UserError(
                say(
                    "The signing key {path} cannot be read ({why}); put it back from its safe copy.",
                    path=path,
                    why=error,
                )
            ) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise UserError(say("The key {path} is not of the kind Ed25519.", path=path))
        signer = cls(key)
        known.with_key(signer.public_key)
        return signer

    @property
    def public_key(self) -> str:
        """The key that checks what is signed here, as hex digits."""
        return self._key.public_key().public_bytes_raw().hex()

    @property
    def public_pem(self) -> bytes:
        """The public key as other programs take it (PEM, SubjectPublicKeyInfo)."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        key = self._key.public_key()
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, content: bytes) -> Signature:
        """Sign bytes."""
        return Signature(self._key.sign(content).hex(), self.public_key)


def public_key_of(pem: bytes) -> str:
    """Give the 64 hex digits of a public key in PEM; raises ValueError when it is no Ed25519 key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("no Ed25519 key")
    return key.public_bytes_raw().hex()


def _as_pem(key: Ed25519PrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    part.rename(path)
