"""A software authenticator: registration and proof run with the signatures of a real device's kind."""

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

_PRESENT, _VERIFIED, _ATTESTED = 1, 4, 64


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@dataclass
class Authenticator:
    """One device with one key (ECDSA P-256, no attestation)."""

    origin: str = "https://paperproof.test"
    host: str = "paperproof.test"
    verifies: bool = True
    """Whether it checks a fingerprint or PIN."""
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    id: bytes = field(default_factory=lambda: os.urandom(32))

    def register(self, options: str) -> str:
        """Answer a registration."""
        asked = json.loads(options)
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        about_key = bytes(16) + len(self.id).to_bytes(2) + self.id + cbor2.dumps(public)
        data = self._data(_ATTESTED) + about_key
        made = {"fmt": "none", "attStmt": {}, "authData": data}
        said = self._said("webauthn.create", asked["challenge"])
        return self._answer(attestationObject=cbor2.dumps(made), clientDataJSON=said)

    def prove(self, options: str) -> str:
        """Answer a question to prove itself."""
        asked = json.loads(options)
        self.count += 1
        data = self._data()
        said = self._said("webauthn.get", asked["challenge"])
        signed = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        return self._answer(authenticatorData=data, clientDataJSON=said, signature=signed)

    def _data(self, more: int = 0) -> bytes:
        flags = _PRESENT | more | (_VERIFIED if self.verifies else 0)
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _said(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _answer(self, **response: bytes) -> str:
        answer: dict[str, Any] = {
            "id": b64(self.id),
            "rawId": b64(self.id),
            "type": "public-key",
            "response": {name: b64(value) for name, value in response.items()},
            "clientExtensionResults": {},
        }
        return json.dumps(answer)
