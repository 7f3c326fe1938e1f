"""The site over a workspace with folder stores, and people who are logged in."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from catalog.catalog import Catalog
from flows.accounts import Accounts
from flows.admit_page import Intake
from flows.long_looks import Here
from flows.parts import Parts
from flows.scanning import ScanDesk
from flows.stores import Stores
from flows.uploads import Uploads
from pipeline.access.accounts import AccountAct, AccountActKind
from pipeline.access.passwords import Hasher
from pipeline.sandbox import Sandbox
from pipeline.staff import Role, person_key
from tests.flows.conftest import (  # noqa: F401 - these are the fixtures of a workspace
    DAY,
    batch,
    blank,
    booked,
    catalog_address,
    closing,
    intake,
    opener,
    parts,
    progress,
    register,
    scans,
    stores,
    voucher,
    workspace,
)
from tests.flows.test_review import captured  # noqa: F401 - two transactions, their papers captured
from web.app import create_app
from web.intake import IntakeDesk
from web.rates import Rates
from web.scanning import Scanners
from web.surroundings import Surroundings
from web.templating import Templates

PASSWORD = "correct horse battery staple"
QUICK = Hasher(memory_kib=8, time_cost=1, parallelism=1)
"""Passwords of tests need not withstand anybody."""


@dataclass
class Clock:
    """The site's clock, moved by hand."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime.now(UTC))


@pytest.fixture
def site(parts: Parts, stores: Stores, opener: Sandbox, clock: Clock) -> Iterator[Surroundings]:  # noqa: F811
    """The site's surroundings; what is sent waits until a test has it taken in."""
    url = parts.workspace.catalog_url(parts.settings)
    looking = Catalog.open(url, reading=True)
    at_need = lambda: (stores, opener)  # noqa: E731
    uploads = Uploads(parts.workspace.uploads, 1 << 20)
    desk = IntakeDesk(uploads, lambda _: Intake(parts, stores, opener, None, moving=True))
    reading = replace(parts, catalog=looking)
    accounts = Accounts(parts, QUICK, reading)
    rates = Rates.of(parts.settings.web)
    scanners = Scanners(ScanDesk(reading, uploads), desk)
    yield Surroundings(
        parts,
        reading,
        Here(reading),
        at_need,
        accounts,
        desk,
        scanners,
        Templates.load(),
        rates,
        False,
        clock,
    )
    looking.close()


Visitor = Callable[..., TestClient]


@pytest.fixture
def stranger(site: Surroundings) -> TestClient:
    """A browser that is not logged in."""
    return TestClient(create_app(site), follow_redirects=False)


@pytest.fixture
def visitor(site: Surroundings, parts: Parts, clock: Clock) -> Iterator[Visitor]:  # noqa: F811
    """Gives the browser of a person in a role, logged in."""
    with ExitStack() as stack:

        def log_in(name: str, role: Role, branch: str | None = None) -> TestClient:
            appoint(parts, name, role, branch)
            make_account(parts, name, clock())
            client = stack.enter_context(TestClient(create_app(site), follow_redirects=False))
            answer = client.post("/login", data={"name": name, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
            session = site.accounts.session_of(client.cookies["paperproof"], clock())
            assert session
            client.headers["x-csrf-token"] = session.csrf
            return client

        yield log_in


def appoint(parts: Parts, name: str, role: Role, branch: str | None = None) -> None:  # noqa: F811
    """Register a person in a role; headquarters and the security administrator are there first."""
    if not parts.catalog.staff.appointments():
        parts.catalog.staff.add("总部甲", Role.HEADQUARTERS, None, "总部甲")
    parts.catalog.staff.add(name, role, branch, "总部甲")


def make_account(parts: Parts, name: str, at: datetime) -> None:  # noqa: F811
    """Give a person an account with a password of their own."""
    hashed = QUICK.hashed(PASSWORD)
    parts.catalog.accounts.add((AccountAct(AccountActKind.ADD, name, "系统甲", at), hashed))
    parts.catalog.credentials.chosen(person_key(name), name, hashed, at, "")
