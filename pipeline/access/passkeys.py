"""Passkeys (WebAuthn): a device proves itself with a key that leaves it never, after a fingerprint or PIN.

The fingerprint stays with the device (CG-19g: no biometric data is kept); what is kept is a public key.
Phishing gets nothing: an answer is for one challenge and one origin (OWASP ASVS 6.3.3).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.errors import UserError
from pipeline.language import say

_CHALLENGE_BYTES = 32


@dataclass(frozen=True)
class Site:
    """Where people log in."""

    host: str
    """The relying party's id: the host name, without port."""
    origin: str
    """As the browser says it: https://host:port."""
    name: str


@dataclass(frozen=True)
class Passkey:
    """A device that a person registered."""

    id: str
    """Base64url, as the device names it."""
    public_key: bytes
    """COSE."""
    sign_count: int


@dataclass(frozen=True)
class Challenge:
    """What a device is asked: the JSON for the browser, and the nonce that its answer must name."""

    nonce: bytes
    options: str


def registration(site: Site, person: str, handle: bytes, known: Iterable[Passkey]) -> Challenge:
    """Ask a device for a new key; ``handle``: opaque bytes that stand for the person."""
    import webauthn
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    nonce = secrets.token_bytes(_CHALLENGE_BYTES)
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_name=person,
        user_id=handle,
        challenge=nonce,
        exclude_credentials=_descriptors(known),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return Challenge(nonce, webauthn.options_to_json(options))


def registered(site: Site, nonce: bytes, answer: str) -> Passkey:
    """Return the passkey of a device's answer; raises UserError when it is not one to this question."""
    import webauthn
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        proved = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=nonce,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise _not_proved() from error
    return Passkey(
        bytes_to_base64url(proved.credential_id), proved.credential_public_key, proved.sign_count
    )


def assertion(site: Site, known: Iterable[Passkey]) -> Challenge:
    """Ask one of a person's devices to prove itself."""
    import webauthn
    from webauthn.helpers.structs import UserVerificationRequirement

    nonce = secrets.token_bytes(_CHALLENGE_BYTES)
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=nonce,
        allow_credentials=_descriptors(known),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Challenge(nonce, webauthn.options_to_json(options))


def asserted(site: Site, nonce: bytes, known: Iterable[Passkey], answer: str) -> Passkey:
    """Return the passkey that answered, with its new count; raises UserError when none of these did.

    A count that went back means that the key was copied; it is refused.
    """
    import webauthn
    from webauthn.helpers import bytes_to_base64url, parse_authentication_credential_json
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        credential = parse_authentication_credential_json(answer)
        key = next(one for one in known if one.id == bytes_to_base64url(credential.raw_id))
        proved = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=nonce,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError, StopIteration) as error:
        raise _not_proved() from error
    return Passkey(key.id, key.public_key, proved.new_sign_count)


def _descriptors(known: Iterable[Passkey]):  # type: ignore[no-untyped-def]
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.id)) for one in known]


def _not_proved() -> UserError:
    return UserError(
        say("The device did not prove itself; try again, with the device that you registered.")
    )
