"""Passkeys: only the device that was registered answers, each challenge once, for this site alone."""

import json
from dataclasses import replace

import pytest

from pipeline.access.passkeys import Passkey, Site, asserted, assertion, registered, registration
from pipeline.errors import UserError
from tests.pipeline.access.authenticator import Authenticator

SITE = Site("paperproof.test", "https://paperproof.test", "Paperproof")


def enrolled(device: Authenticator) -> Passkey:
    asked = registration(SITE, "李静", b"handle", ())
    return registered(SITE, asked.nonce, device.register(asked.options))


def test_a_registered_device_proves_itself() -> None:
    device = Authenticator()
    key = enrolled(device)
    for count in (1, 2):
        asked = assertion(SITE, [key])
        key = asserted(SITE, asked.nonce, [key], device.prove(asked.options))
        assert key.sign_count == count


def test_it_is_asked_for_a_fingerprint_or_pin() -> None:
    asked = json.loads(registration(SITE, "李静", b"handle", ()).options)
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    lax = Authenticator(verifies=False)
    with pytest.raises(UserError, match="did not prove itself"):
        enrolled(lax)
    device = Authenticator()
    key = enrolled(device)
    device.verifies = False
    asked_again = assertion(SITE, [key])
    with pytest.raises(UserError, match="did not prove itself"):
        asserted(SITE, asked_again.nonce, [key], device.prove(asked_again.options))


@pytest.mark.parametrize(
    "change", [{"origin": "https://paperproof.evil"}, {"host": "paperproof.evil"}]
)
def test_what_another_site_was_told_opens_nothing(change: dict[str, str]) -> None:
    device = Authenticator()
    key = enrolled(device)
    phished = replace(device, **change)  # type: ignore[arg-type]
    asked = assertion(SITE, [key])
    with pytest.raises(UserError, match="did not prove itself"):
        asserted(SITE, asked.nonce, [key], phished.prove(asked.options))
    with pytest.raises(UserError, match="did not prove itself"):
        enrolled(replace(Authenticator(), **change))  # type: ignore[arg-type]


def test_an_old_answer_another_device_or_a_copied_key_opens_nothing() -> None:
    device = Authenticator()
    key = enrolled(device)
    first = assertion(SITE, [key])
    answer = device.prove(first.options)
    second = assertion(SITE, [key])
    with pytest.raises(UserError):
        asserted(SITE, second.nonce, [key], answer)
    other = Authenticator()
    with pytest.raises(UserError):
        asserted(SITE, second.nonce, [key], other.prove(second.options))
    with pytest.raises(UserError):
        stolen_name = replace(other, id=device.id)
        asserted(SITE, second.nonce, [key], stolen_name.prove(second.options))
    copied = replace(device, count=0)
    with pytest.raises(UserError):
        asserted(SITE, second.nonce, [replace(key, sign_count=5)], copied.prove(second.options))


@pytest.mark.parametrize("answer", ["", "{}", "[]", "null", '{"id": 1}', "x" * 10_000])
def test_rubbish_is_refused_in_a_sentence(answer: str) -> None:
    device = Authenticator()
    key = enrolled(device)
    asked = assertion(SITE, [key])
    with pytest.raises(UserError, match="did not prove itself"):
        asserted(SITE, asked.nonce, [key], answer)
    with pytest.raises(UserError, match="did not prove itself"):
        registered(SITE, asked.nonce, answer)
