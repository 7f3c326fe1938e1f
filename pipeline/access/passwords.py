"""Passwords: what one must be, how it is kept, and the one-time password of a new account."""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from pipeline.access.rules import AccessRules
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.staff import person_key

if TYPE_CHECKING:
    from argon2 import PasswordHasher

_LONGEST = 128
"""More is no safer and only costs work."""
_LEAST_SCORE = 3
"""Of zxcvbn's 0 to 4: safely unguessable, for 10^8 guesses at the least."""
_AT_ONCE = 2
"""Hashings at the same time: each takes 64 MiB, a flood of log-ins must not take all (reliability.md 5)."""
_SIGNS = "abcdefghjkmnpqrstuvwxyzACDEFHJKLMNPRTUVWXY34679"
"""Of a one-time password: none that is taken for another when it is read out."""


@dataclass(frozen=True)
class Hasher:
    """argon2id; 64 MiB, t=3, p=4 is RFC 9106's second choice, above OWASP's floor of 19 MiB."""

    memory_kib: int = 64 * 1024
    time_cost: int = 3
    parallelism: int = 4
    _room: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(_AT_ONCE))

    def hashed(self, password: str) -> str:
        """Return the hash with its salt and parameters, as it is kept."""
        with self._room:
            return self._argon2().hash(_composed(password))

    def agrees(self, kept: str | None, password: str) -> bool:
        """Whether a password is the one of a kept hash; without one the same work is done for nothing."""
        from argon2.exceptions import InvalidHashError, VerificationError

        with self._room:
            try:
                return self._argon2().verify(
                    kept or self._nobodys(), _composed(password[:_LONGEST])
                )
            except (VerificationError, InvalidHashError):
                return False

    def is_outdated(self, kept: str) -> bool:
        """Whether a hash was made with other parameters than these."""
        return self._argon2().check_needs_rehash(kept)

    def _argon2(self) -> PasswordHasher:
        from argon2 import PasswordHasher  # loaded by who logs in alone

        return PasswordHasher(self.time_cost, self.memory_kib, self.parallelism)

    def _nobodys(self) -> str:
        """A well-formed hash that no password has: 22 and 43 signs are 16 and 32 bytes of zero."""
        costs = f"m={self.memory_kib},t={self.time_cost},p={self.parallelism}"
        return f"$argon2id$v=19${costs}${'A' * 22}${'A' * 43}"


def checked_password(password: str, name: str, rules: AccessRules) -> str:
    """Return a person's new password; raises UserError when it is too short, too long or easily guessed."""
    clean = _composed(password)
    if len(clean) < rules.password_length:
        raise UserError(
            say(
                "A password has at least {count} signs; take a longer one, several words will do.",
                count=rules.password_length,
            )
        )
    if len(clean) > _LONGEST:
        raise UserError(say("A password has at most {count} signs.", count=_LONGEST))
    if person_key(name) in person_key(clean) or not _is_hard_to_guess(clean, name):
        raise UserError(
            say(
                "This password is easily guessed: a common word, a row of keys or the name is in it. Take "
                "several words that do not belong together."
            )
        )
    return clean


def one_time_password() -> str:
    """Return a password of 20 random signs in groups, 111 bits: told once, changed at the first log-in."""
    signs = "".join(secrets.choice(_SIGNS) for _ in range(20))
    return "-".join(signs[place : place + 5] for place in range(0, 20, 5))


def _composed(password: str) -> str:
    """One form of each sign, so that a password typed on another keyboard is the same (ASVS 6.2.8)."""
    return unicodedata.normalize("NFC", password)


def _is_hard_to_guess(password: str, name: str) -> bool:
    from zxcvbn import zxcvbn  # its word lists take their time to load

    return int(zxcvbn(password, user_inputs=[name, "paperproof"])["score"]) >= _LEAST_SCORE
