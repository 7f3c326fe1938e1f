"""A second factor shown by the browser of a test."""

import pyotp
from fastapi.testclient import TestClient

from web.surroundings import Surroundings


def stepped_up(client: TestClient, site: Surroundings) -> TestClient:
    """Enrol an authenticator and show its code: the session may do acts of weight from now on."""
    token, now = client.cookies["paperproof"], site.now()
    seed = site.accounts.offer_second_factor(token, now).seed
    entered = site.accounts.take_second_factor(token, pyotp.TOTP(seed).at(now), now)
    client.cookies.clear()
    client.cookies.set("paperproof", entered.token)
    client.headers["x-csrf-token"] = entered.csrf
    return client
