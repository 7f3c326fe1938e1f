"""Time-based one-time codes (RFC 6238) as second factor, and how their seeds are kept."""

from __future__ import annotations

import base64
import hmac
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.errors import UserError, refused_by_system
from pipeline.language import say

_STEP_SECONDS = 30
_KEY_BYTES = 32
_NONCE_BYTES = 12


def new_seed() -> str:
    """Return a new seed, 160 bits in base 32, as authenticator apps take it."""
    import pyotp

    return pyotp.random_base32()


def enrolment_uri(seed: str, name: str, issuer: str) -> str:
    """Return what the QR code of an authenticator app says."""
    import pyotp

    return pyotp.TOTP(seed).provisioning_uri(name=name, issuer_name=issuer)


def step_of(code: str, seed: str, at: datetime) -> int | None:
    """Return the number of the 30 seconds that a code is of, now or the one before or after; None: of none.

    Whoever accepts a code keeps the number and takes no code of it or an earlier one again (RFC 6238 5.2,
    ASVS 6.5.1).
    """
    import pyotp

    clock = pyotp.TOTP(seed, interval=_STEP_SECONDS)
    now = int(at.timestamp()) // _STEP_SECONDS
    typed = "".join(code.split())
    found = None
    for step in (now - 1, now, now + 1):
        if hmac.compare_digest(clock.generate_otp(step).encode(), typed.encode()):
            found = step
    return found


@dataclass(frozen=True)
class SeedKey:
    """The workspace's key under which seeds are encrypted (AES-256-GCM): a copied database gives none."""

    key: bytes

    @classmethod
    def of(cls, path: Path) -> SeedKey:
        """Read the key, made at first need for its owner alone; raises UserError when others can read it."""
        try:
            if not path.exists():
                _write_new(path)
            if path.stat().st_mode & 0o077:
                raise UserError(
                    say(
                        "{path} holds keys and others may read it; run “chmod 600 {path}”.",
                        path=path,
                    )
                )
            return cls(base64.b64decode(path.read_bytes()))
        except OSError as error:
            raise UserError(
                say(
                    "The key {path} cannot be read ({why}); put it back from its safe copy.",
                    path=path,
                    why=refused_by_system(error),
                )
            ) from error

    def sealed(self, seed: str, person: str) -> str:
        """Encrypt a person's seed; it opens for that person alone."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(_NONCE_BYTES)
        content = AESGCM(self.key).encrypt(nonce, seed.encode(), person.encode())
        return base64.b64encode(nonce + content).decode()

    def opened(self, sealed: str, person: str) -> str | None:
        """Return a person's seed; None when it was not encrypted so for this person."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        content = base64.b64decode(sealed)
        nonce, rest = content[:_NONCE_BYTES], content[_NONCE_BYTES:]
        try:
            return AESGCM(self.key).decrypt(nonce, rest, person.encode()).decode()
        except InvalidTag:
            return None


def _write_new(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(base64.b64encode(os.urandom(_KEY_BYTES)))
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(part, path)  # never over a key that another has just made
    except FileExistsError:
        pass
    finally:
        part.unlink()
