"""Signed records: whoever has the public key can tell that a record was made here and not changed.

Ed25519 (RFC 8032).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
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


class Signer:
    """Signs with the private key in a file that its owner alone may read."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def of(cls, path: Path) -> Signer:
        """Read the key, or make one where there is none; raises UserError when it cannot be read."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        if not path.exists():
            _write(path, Ed25519PrivateKey.generate())
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
        return cls(key)

    def sign(self, content: bytes) -> Signature:
        """Sign bytes."""
        public = self._key.public_key().public_bytes_raw().hex()
        return Signature(self._key.sign(content).hex(), public)


def _write(path: Path, key: Ed25519PrivateKey) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        out.flush()
        os.fsync(out.fileno())
    part.rename(path)
