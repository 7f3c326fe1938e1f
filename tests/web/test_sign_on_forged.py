"""What a forged answer of the identity provider proves: nothing."""

import base64
import hmac
import json
from functools import partial

from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import RSAKey

from flows.parts import Parts
from tests.web.provider import CLIENT, Claims, Provider
from tests.web.signing_on import browser, company, key, log_in, log_ins, must_be_refused, settings

__all__ = ["browser", "company", "key", "settings"]  # fixtures

FORGED: dict[str, tuple[Claims, str, str]] = {
    "issuer": ({"iss": "https://other.example"}, "issuer", "another provider made it"),
    "audience": ({"aud": "another"}, "audience", "made for another site"),
    "audiences": ({"aud": [CLIENT, "another"]}, "audience", "made for another site"),
    "party": ({"aud": [CLIENT], "azp": "another"}, "audience", "made for another site"),
    "nonce": ({"nonce": "guessed"}, "nonce", "made for another log-in"),
    "expired": ({"exp": 1}, "time", "too old, or not good yet"),
    "old": ({"iat": 1}, "time", "too old, or not good yet"),
    "early": ({"nbf": 99_999_999_999}, "time", "too old, or not good yet"),
    "endless": ({"exp": "never"}, "time", "too old, or not good yet"),
    "nobody": ({"preferred_username": " "}, "claim", "does not name a person"),
    "several": ({"preferred_username": ["李静"]}, "claim", "does not name a person"),
}


def test_forged_claims_prove_nobody(browser: TestClient, company: Provider, parts: Parts) -> None:
    for changed, reason, told in FORGED.values():
        company.forge = partial(_with, changed)
        must_be_refused(browser, company, parts, reason, told)
    for name in ("iss", "aud", "nonce", "exp", "iat", "sub"):
        company.forge = partial(_without, name)
        assert log_in(browser, company).status_code == 422, name
        assert not log_ins(parts)[-1]["ok"]


def _with(changed: Claims, claims: Claims) -> Claims:
    return {**claims, **changed}


def _without(name: str, claims: Claims) -> Claims:
    return {key: one for key, one in claims.items() if key != name}


def unsigned(claims: Claims) -> str:
    return f"{_part({'alg': 'none'})}.{_part(claims)}."


def by_the_public_key(claims: Claims, company: Provider) -> str:
    """The provider's public key taken for a shared secret, the oldest trick (RFC 8725, 2.1)."""
    told = f"{_part({'alg': 'HS256', 'kid': 'one'})}.{_part(claims)}"
    shared = company.key.as_pem(private=False)
    return f"{told}.{_base64(hmac.digest(shared, told.encode(), 'sha256'))}"


def _part(told: Claims) -> str:
    return _base64(json.dumps(told).encode())


def _base64(told: bytes) -> str:
    return base64.urlsafe_b64encode(told).decode().rstrip("=")


def by_another_key(claims: Claims) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, RSAKey.generate_key(2048))


def test_signatures_of_others_and_none_prove_nobody(
    browser: TestClient, company: Provider, parts: Parts
) -> None:
    company.signed = unsigned
    must_be_refused(browser, company, parts, "algorithm", "signed in a way that is not accepted")
    company.signed = lambda claims: by_the_public_key(claims, company)
    must_be_refused(browser, company, parts, "algorithm", "signed in a way that is not accepted")
    company.signed = by_another_key
    must_be_refused(browser, company, parts, "signature", "signature is not the provider's")
    company.signed = lambda claims: company.sign(claims)[:-6] + "AAAAAA"
    must_be_refused(browser, company, parts, "signature", "signature is not the provider's")
    company.signed = lambda claims: "no token"
    must_be_refused(browser, company, parts, "signature", "signature is not the provider's")
