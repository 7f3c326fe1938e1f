"""A small identity provider on this machine: a real one over HTTP, whose answers a test may forge."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "paperproof", "not told to anybody"
Claims = dict[str, Any]


@dataclass
class Provider:
    """Says who somebody is; ``forge`` changes what it signs, ``signed`` how."""

    key: RSAKey
    address: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    """Code -> the question it answers."""
    forge: Callable[[Claims], Claims] = lambda claims: claims
    signed: Callable[[Claims], str] | None = None
    described: Claims = field(default_factory=dict)
    """What it says of itself besides."""
    person: str = "李静"

    def log_in(self, url: str) -> Mapping[str, str]:
        """Be the person who logs in at the provider: give what the browser is sent back with."""
        parts = urlsplit(url)
        asked = {name: one[0] for name, one in parse_qs(parts.query).items()}
        assert url.startswith(f"{self.address}/authorize?")
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.address}

    def description(self) -> Claims:
        named = {"authorization": "authorize", "token": "token", "end_session": "leave"}
        places = {f"{name}_endpoint": f"{self.address}/{at}" for name, at in named.items()}
        keys = {"issuer": self.address, "jwks_uri": f"{self.address}/keys"}
        return {**keys, **places, **self.described}

    def token(self, given: Mapping[str, str], authorization: str) -> tuple[int, Claims]:
        """Give a token for a code, once, to the client that asked and knows what it asked with."""
        name, _, secret = (
            base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        )
        asked = self.codes.pop(given.get("code", ""), None)
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        wanted = (CLIENT, SECRET, challenge, given.get("redirect_uri"))
        if asked is None or wanted != (
            name,
            unquote(secret),
            asked["code_challenge"],
            asked["redirect_uri"],
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = self.forge(
            {
                "iss": self.address,
                "aud": CLIENT,
                "sub": "0815",
                "iat": now,
                "exp": now + 300,
                "nonce": asked["nonce"],
                "preferred_username": self.person,
            }
        )
        sign = self.signed or self.sign
        return 200, {"access_token": "a", "token_type": "Bearer", "id_token": sign(claims)}

    def sign(self, claims: Claims) -> str:
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)


@contextmanager
def provider(key: RSAKey) -> Iterator[Provider]:
    """Serve one for as long as the block lasts."""
    served = Provider(key)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/.well-known/openid-configuration":
                self._answer(200, served.description())
            elif self.path == "/keys":
                self._answer(200, {"keys": [served.key.as_dict(private=False)]})
            elif self.path.startswith("/authorize?"):
                url = served.address + self.path
                to = parse_qs(urlsplit(url).query)["redirect_uri"][0]
                self.send_response(302)
                self.send_header("location", f"{to}?{urlencode(served.log_in(url))}")
                self.end_headers()
            else:
                self._answer(404, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            given = {name: one[0] for name, one in parse_qs(body).items()}
            self._answer(*served.token(given, self.headers.get("authorization", "")))

        def _answer(self, status: int, told: Claims) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *told: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
