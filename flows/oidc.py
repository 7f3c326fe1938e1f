"""The company's identity provider: where it is asked, what it answers (OpenID Connect, RFC 6749, 7636)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session

from flows.kept import Kept
from flows.oidc_settings import OidcSettings, is_safe
from pipeline.access.id_token import Doubt, Expected, NotBelieved, named_by

_PATIENCE = (5, 10)
"""Seconds to reach the provider, and to wait for its answer."""
BACK = "/login/company/back"
"""Where the provider sends people back to."""


@dataclass(frozen=True)
class Asked:
    """One log-in that was begun with the provider."""

    state: str
    nonce: str
    verifier: str
    """The secret of RFC 7636: whoever catches the code cannot use it."""


@dataclass(frozen=True)
class Provider:
    """Sends people to the provider and has its answer proved."""

    settings: OidcSettings
    secret: str | None
    ca: Path | None = None
    _described: Kept[Mapping[str, Any]] = field(default_factory=lambda: Kept(timedelta(minutes=10)))

    def address(self, asked: Asked, at: datetime) -> str:
        """Where a person logs in; raises NotBelieved when the provider does not say."""
        with self._client() as client:
            url, _ = client.create_authorization_url(
                self._place("authorization_endpoint", at),
                state=asked.state,
                code_verifier=asked.verifier,
                nonce=asked.nonce,
            )
        return str(url)

    def named(self, code: str, asked: Asked, at: datetime) -> str:
        """Give the code back for a token, and return what that names the person by.

        Raises NotBelieved when there is none, or anything in it does not hold.
        """
        with self._client() as client:
            try:
                answer = client.fetch_token(
                    self._place("token_endpoint", at),
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=asked.verifier,
                    timeout=_PATIENCE,
                    allow_redirects=False,
                )
                token = answer["id_token"]
            except (AuthlibBaseError, requests.RequestException, ValueError, KeyError) as error:
                raise NotBelieved(Doubt.PROVIDER) from error
        settings = self.settings
        wanted = Expected(
            settings.issuer, settings.client_id, asked.nonce, settings.claim, settings.algorithms
        )
        return named_by(str(token), self._fetched(self._place("jwks_uri", at)), wanted, at)

    def leaving(self, at: datetime) -> str | None:
        """Where a person ends the log-in at the provider itself; None: it has no such place."""
        if "end_session_endpoint" not in self._description(at):
            return None
        back = {
            "client_id": self.settings.client_id,
            "post_logout_redirect_uri": f"{self.settings.site}/login",
        }
        return f"{self._place('end_session_endpoint', at)}?{urlencode(back)}"

    def _client(self) -> OAuth2Session:
        client = OAuth2Session(
            self.settings.client_id,
            self.secret,
            scope="openid profile",
            redirect_uri=self.settings.site + BACK,
            code_challenge_method="S256",
        )
        client.trust_env = False
        client.verify = str(self.ca) if self.ca else True
        return client

    def _place(self, name: str, at: datetime) -> str:
        """Give an address from the provider's description; nothing is sent there in the open."""
        url = self._description(at).get(name)
        if not isinstance(url, str) or not is_safe(url):
            raise NotBelieved(Doubt.PROVIDER)
        return url

    def _description(self, at: datetime) -> Mapping[str, Any]:
        """Give what the provider says of itself (OpenID Connect Discovery 1.0, 4.3)."""

        issuer = self.settings.issuer

        def asked() -> Mapping[str, Any]:
            found = self._fetched(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != issuer:
                raise NotBelieved(Doubt.ISSUER)
            return found

        return self._described.get(issuer, at, asked)

    def _fetched(self, url: str) -> Mapping[str, Any]:
        with requests.Session() as session:
            session.trust_env = False
            try:
                answer = session.get(
                    url,
                    timeout=_PATIENCE,
                    verify=str(self.ca) if self.ca else True,
                    allow_redirects=False,
                )
                answer.raise_for_status()
                found = answer.json()
            except (requests.RequestException, ValueError) as error:
                raise NotBelieved(Doubt.PROVIDER) from error
        if not isinstance(found, dict):
            raise NotBelieved(Doubt.PROVIDER)
        return found
