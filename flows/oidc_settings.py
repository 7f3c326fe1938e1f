"""Settings of the company's identity provider: ``[oidc]``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from flows.store_settings import LOOPBACK, Section
from pipeline.language import say
from pipeline.staff import person_key
from pipeline.unfit import Unfit

Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "Ed25519"
]
"""Signatures by a key of the provider's own; one of a shared secret, or none, can never be set."""


def is_safe(url: str) -> bool:
    """Whether nobody on the way could hear what is sent there: TLS, or this very machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


class OidcSettings(Section):
    """Who else proves people, by OpenID Connect, and what is believed."""

    issuer: str = ""
    """The provider, as it names itself; empty: people log in here alone."""
    client_id: str = ""
    site: str = ""
    """Where people reach this site, as registered with the provider."""
    credential_file: str = "secrets/oidc.secret"
    """The client's secret; $PAPERPROOF_OIDC_SECRET goes before it. Neither: a client without one."""
    ca_file: str = ""
    """An authority of the company's own for the provider's certificate; relative to the workspace."""
    claim: str = Field(default="preferred_username", min_length=1)
    """What names the person; it must be given once and not be the person's to change."""
    people: Mapping[str, str] = Field(default_factory=dict)
    """What the claim says -> the account's name, where the two differ."""
    algorithms: tuple[Algorithm, ...] = ("RS256", "PS256", "ES256")
    passwords: bool = True
    """Whether people may log in by their password here too."""
    break_glass: tuple[str, ...] = ()
    """Who may in any case: when the provider is down somebody has to."""

    @property
    def on(self) -> bool:
        """Whether people may log in so."""
        return bool(self.issuer)

    def takes_password(self, person: str) -> bool:
        """Whether a person may log in by password."""
        return (
            self.passwords or not self.on or person_key(person) in map(person_key, self.break_glass)
        )

    @field_validator("issuer", "site")
    @classmethod
    def _is_safe(cls, url: str) -> str:
        if url and not is_safe(url):
            raise Unfit(say("it must begin with https://"))
        return url.rstrip("/") if urlsplit(url).path == "/" else url

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.on and not (self.client_id and self.site):
            raise Unfit(say("issuer needs client_id and site beside it"))
        if self.on and not self.passwords and not self.break_glass:
            raise Unfit(say("without passwords somebody must stand under break_glass"))
        return self
