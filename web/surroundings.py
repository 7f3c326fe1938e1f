"""Everything the site's handlers need, put together once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path

from markupsafe import Markup

from flows.accounts import Accounts
from flows.kept import Kept
from flows.long_looks import Beside, Here, LongLooks
from flows.measuring import Figures
from flows.monitor import Map
from flows.parts import Parts, open_parts
from flows.pieces import sweep_pieces
from flows.scanning import ScanDesk
from flows.single_sign_on import SignOn
from flows.stores import Stores, open_stores
from flows.uploads import Uploads
from ingest.admission import Opener
from ingest.inbox import ClaimRules
from pipeline.sandbox import Sandbox
from web.intake import AtNeed, IntakeDesk, open_intake
from web.rates import Rates
from web.scanning import Scanners
from web.templating import Templates

LOOKED_AT = timedelta(seconds=10)
"""So long the monitor shows the same: half the time after which a page fetches its own anew."""


@dataclass(frozen=True)
class Surroundings:
    """A site's workspace, opened twice, and what is opened at first need."""

    parts: Parts
    """For acts: waits for other writers."""
    reading: Parts
    """For looking: cannot write and waits for nobody."""
    looks: LongLooks
    """Does what computes for long, so that others need not wait."""
    at_need: AtNeed
    """Gives the stores and the sandbox."""
    accounts: Accounts
    intake: IntakeDesk
    scanners: Scanners
    templates: Templates
    rates: Rates
    secure: bool
    """Whether people reach the site through TLS, so that cookies are sent over it alone."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    maps: Kept[Map] = field(default_factory=lambda: Kept(LOOKED_AT))
    """The monitor's maps: many look at the same one, every few seconds."""
    drawn: Kept[Markup] = field(default_factory=lambda: Kept(LOOKED_AT))
    """What is shown of them, each in one language."""

    @cached_property
    def figures(self) -> Figures:
        """What is told to those who watch."""
        return Figures(self.looks)

    @cached_property
    def sign_on(self) -> SignOn | None:
        """Logs people in by the company's identity provider; None: the settings name none."""
        return SignOn.of(self.accounts) if self.parts.settings.oidc.on else None

    @cached_property
    def ahead(self) -> Kept[bool]:
        """Whether the catalog was ahead of this program, at most 30 seconds ago."""
        return Kept(timedelta(seconds=10))

    @cached_property
    def health(self) -> Kept[Mapping[str, bool]]:
        """What was ready some seconds ago: whoever asks need not have logged in, and may ask often."""
        return Kept(timedelta(seconds=2))


@contextmanager
def open_surroundings(
    folder: Path, *, secure: bool, read_later: bool = False
) -> Iterator[Surroundings]:
    """Open a workspace for the site; raises UserError when it is none.

    ``read_later``: scans that are sent in are read by reading workers and the day's closing, not here.
    """
    with ExitStack() as stack:
        parts = stack.enter_context(open_parts(folder))
        reading = stack.enter_context(open_parts(folder, reading=True))
        at_need = _at_need(stack, parts)
        uploads = Uploads(parts.workspace.uploads, ClaimRules().byte_limit)
        intake = IntakeDesk(uploads, partial(open_intake, parts, at_need, read_later=read_later))
        sweep_pieces(uploads)
        intake.ask_left()
        stack.enter_context(intake.working())
        scanners = Scanners(ScanDesk(reading, uploads), intake)
        stack.enter_context(scanners.working())
        accounts = Accounts(parts, reading=reading)
        rates = Rates.of(parts.settings.web)
        yield Surroundings(
            parts,
            reading,
            _looks(stack, reading),
            at_need,
            accounts,
            intake,
            scanners,
            Templates.load(),
            rates,
            secure,
        )


def _looks(stack: ExitStack, reading: Parts) -> LongLooks:
    processes = reading.settings.web.long_looks
    return stack.enter_context(closing(Beside(reading, processes))) if processes else Here(reading)


def _at_need(stack: ExitStack, parts: Parts) -> AtNeed:
    known: list[tuple[Stores, Opener]] = []
    one_at_a_time = threading.Lock()

    def at_need() -> tuple[Stores, Opener]:
        with one_at_a_time:
            if not known:
                stores = stack.enter_context(
                    open_stores(parts.workspace, parts.settings, parts.catalog)
                )
                known.append((stores, stack.enter_context(Sandbox())))
        return known[0]

    return at_need
