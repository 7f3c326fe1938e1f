"""What an identity provider says of a person, and whether to believe it (OpenID Connect Core, 3.1.3.7)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from joserfc import jwt
from joserfc.errors import (
    ConflictAlgorithmError,
    JoseError,
    MissingAlgorithmError,
    UnsupportedAlgorithmError,
    UnsupportedKeyAlgorithmError,
)
from joserfc.jwk import KeySet

from pipeline.errors import UserError
from pipeline.language import Message, say

_CLOCKS_APART = timedelta(seconds=60)
"""So much two clocks may differ; OpenID Connect leaves it open, RFC 7519 4.1.4 says a few minutes at most."""
_OLDEST = timedelta(minutes=10)
"""A token is made for this log-in, so it was made just now."""


class Doubt(StrEnum):
    """Why an answer of the provider is not believed; stands in the log."""

    STATE = "state"
    PROVIDER = "provider"
    ALGORITHM = "algorithm"
    SIGNATURE = "signature"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    NONCE = "nonce"
    TIME = "time"
    CLAIM = "claim"


_WHY: Mapping[Doubt, Message] = {
    Doubt.STATE: say("it belongs to no log-in that was begun in this browser, or was used already"),
    Doubt.PROVIDER: say("the provider gave no answer, or one that cannot be read"),
    Doubt.ALGORITHM: say("it is signed in a way that is not accepted"),
    Doubt.SIGNATURE: say("its signature is not the provider's"),
    Doubt.ISSUER: say("another provider made it"),
    Doubt.AUDIENCE: say("it was made for another site"),
    Doubt.NONCE: say("it was made for another log-in"),
    Doubt.TIME: say("it is too old, or not good yet"),
    Doubt.CLAIM: say("it does not name a person"),
}


class NotBelieved(UserError):
    """What came back from the provider proves nobody."""

    def __init__(self, doubt: Doubt) -> None:
        super().__init__(
            say(
                "The company's log-in gave an answer that does not hold: {why}. Log in again, and tell IT if "
                "that does not help.",
                why=_WHY[doubt],
            )
        )
        self.doubt = doubt


@dataclass(frozen=True)
class Expected:
    """What a token must say for one log-in."""

    issuer: str
    client_id: str
    nonce: str
    claim: str
    algorithms: Sequence[str]


def named_by(token: str, keys: Mapping[str, Any], expected: Expected, at: datetime) -> str:
    """Return what the token names the person by; raises NotBelieved unless everything in it holds.

    ``keys``: the provider's JWK Set.
    """
    claims = _signed(token, keys, expected.algorithms)
    if claims.get("iss") != expected.issuer:
        raise NotBelieved(Doubt.ISSUER)
    audience = claims.get("aud")
    several = audience if isinstance(audience, list) else [audience]
    party = claims.get("azp", expected.client_id if len(several) == 1 else None)
    if expected.client_id not in several or party != expected.client_id:
        raise NotBelieved(Doubt.AUDIENCE)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(
        nonce.encode(), expected.nonce.encode()
    ):
        raise NotBelieved(Doubt.NONCE)
    _must_be_now(claims, at)
    named = claims.get(expected.claim)
    if not isinstance(named, str) or not named.strip() or not isinstance(claims.get("sub"), str):
        raise NotBelieved(Doubt.CLAIM)
    return named.strip()


def _signed(token: str, keys: Mapping[str, Any], algorithms: Sequence[str]) -> Mapping[str, Any]:
    try:
        known = KeySet.import_key_set({"keys": list(keys["keys"])})
        return jwt.decode(token, known, algorithms=list(algorithms)).claims
    except (
        UnsupportedAlgorithmError,
        UnsupportedKeyAlgorithmError,
        MissingAlgorithmError,
        ConflictAlgorithmError,
    ) as error:
        raise NotBelieved(Doubt.ALGORITHM) from error
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise NotBelieved(Doubt.SIGNATURE) from error


def _must_be_now(claims: Mapping[str, Any], at: datetime) -> None:
    made, until, since = (claims.get(name) for name in ("iat", "exp", "nbf"))
    now, apart = at.timestamp(), _CLOCKS_APART.total_seconds()
    whole = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (made, until))
    if not whole or not isinstance(since, int | float | None):
        raise NotBelieved(Doubt.TIME)
    fits = now < until + apart and made - apart <= now <= made + _OLDEST.total_seconds() + apart  # type: ignore[operator]
    if not fits or (since is not None and now < since - apart):
        raise NotBelieved(Doubt.TIME)
