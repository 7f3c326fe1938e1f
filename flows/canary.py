"""The canaries' run: invented vouchers through the whole chain, under the real settings.

They share the real workspace's settings, profile, forms, calendar, readers and store servers; their catalog,
buckets (``BUCKET-canary``) and folders are their own, so that nothing invented stands among the real papers.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from catalog.canaries import CanaryRun
from catalog.catalog import Catalog
from flows.admit_page import Intake
from flows.alone import alone
from flows.close_day import Closing, close_branch
from flows.import_stream import import_stream
from flows.parts import Parts
from flows.progress import Progress
from flows.readers import reading_pool
from flows.settings import InboxSettings, Settings
from flows.store_settings import StoreSettings
from flows.stores import open_stores, prepare_stores
from flows.take_in import take_in
from flows.workspace import Workspace
from pipeline.balance import BranchDay
from pipeline.calendar import TradingCalendar
from pipeline.canaries import TITLES, Canary, Outcome, compare
from pipeline.errors import PaperproofError, UserError
from pipeline.forms.model import FormModel
from pipeline.language import Message, say
from pipeline.model import Batch
from pipeline.profile import Profile
from pipeline.sandbox import Sandbox
from pipeline.specimens.canaries import STREAM, make_canaries
from pipeline.specimens.canary_nest import SCANS

_OPERATOR = "canary"
_PLAIN_BUSINESS = "B601"
_PATIENCE = 600.0
"""Seconds to wait for another run, as when branches are closed side by side; one takes a minute or two."""


@dataclass(frozen=True)
class NestParts(Parts):
    """A catalog of the canaries' own, under the rules of the real workspace."""

    real: Parts

    def profile_on(self, day: date) -> Profile:
        """The real profile."""
        return self.real.profile_on(day)

    @property
    def forms(self) -> tuple[FormModel, ...]:
        """The real forms in use."""
        return self.real.forms

    @property
    def calendar(self) -> TradingCalendar:
        """The real calendar."""
        return self.real.calendar


def canary_day(calendar: TradingCalendar, today: date) -> date:
    """The business day that canaries are made for: today, else the last trading day before."""
    day = today
    while not calendar.is_trading_day(day):
        day -= timedelta(days=1)
    return day


def run_canaries(parts: Parts, day: date, who: str, progress: Progress) -> CanaryRun:
    """Make the canaries, send them through the chain and keep what came of them.

    A chain that does not come to its end is a red run too. Raises UserError when the serial numbers that the
    settings ask for are none, or another run is going on.
    """
    rules = parts.settings.canary
    serial = _serials(parts.settings, day)
    with _alone(parts):
        nest = _fresh(parts.workspace)
        progress.total(len(TITLES) - len(rules.leave_out))
        canaries = make_canaries(
            nest.folder,
            day=day,
            branch=rules.branch,
            serial=serial,
            business=_business(parts.profile_on(day), day),
            leave_out=rules.leave_out,
            drawn=lambda name: progress.step(say("made {name}", name=name)),
        )
        outcomes, fault = _outcomes(parts, nest, canaries, day, progress)
        return parts.catalog.canaries.keep(day, outcomes, rules.leave_out, fault, who)


def _serials(settings: Settings, day: date) -> Callable[[int], str]:
    """How serial numbers are made up; raises UserError when the readers would not take them for any."""
    pattern, branch = settings.canary.serial, settings.canary.branch

    def serial(number: int) -> str:
        return pattern.format(day=f"{day:%Y%m%d}", branch=branch, number=f"{number:06d}")

    if not re.fullmatch(settings.reading.serial_grammar, serial(100_001)):
        raise UserError(
            say(
                "The canaries' serial numbers, like {serial}, are none by serial_grammar; set “serial” and "
                "“branch” under [canary] to their shape.",
                serial=serial(100_001),
            )
        )
    return serial


def _business(profile: Profile, day: date) -> str:
    """A business that asks for one paper alone, so that a voucher is a whole transaction."""
    for code, business in profile.businesses.items():
        version = business.version_on(day)
        if version and len(version.required) == 1 and not version.conditional:
            return code
    return _PLAIN_BUSINESS


def _alone(parts: Parts) -> AbstractContextManager[None]:
    busy = say("The canaries are on their way in another run; wait until that ends.")
    return alone(parts.workspace.locks / "canary.lock", busy, _PATIENCE)


def _fresh(workspace: Workspace) -> Workspace:
    """An empty nest; what the last run left, copies of which lie in its buckets, goes."""
    if workspace.canary.exists():
        shutil.rmtree(workspace.canary)
    nest = Workspace(workspace.canary)
    nest.create()
    return nest


def _outcomes(
    parts: Parts, nest: Workspace, canaries: tuple[Canary, ...], day: date, progress: Progress
) -> tuple[tuple[Outcome, ...], Message | None]:
    try:
        return compare(canaries, _through_the_chain(parts, nest, day, progress)), None
    except PaperproofError as error:
        return (), error.message


def _through_the_chain(parts: Parts, nest: Workspace, day: date, progress: Progress) -> BranchDay:
    """Import, take in and close, as a real day is."""
    settings = nest_settings(parts)
    branch = settings.canary.branch
    prepare_stores(parts.workspace, settings)
    with ExitStack() as stack:
        catalog = Catalog.create(nest.catalog_url(settings))
        stack.callback(catalog.close)
        own = NestParts(nest, settings, catalog, parts)
        stores = stack.enter_context(open_stores(parts.workspace, settings, catalog))
        opener = stack.enter_context(Sandbox())
        readers = stack.enter_context(reading_pool(own))
        import_stream(
            own,
            nest.folder / STREAM,
            day,
            mapping=None,
            replace=False,
            lang="en",
            who=_OPERATOR,
        )
        intake = Intake(own, stores, opener, readers)
        for folder in sorted((nest.folder / SCANS).iterdir()):
            batch = Batch(branch, day, "canary", _OPERATOR, folder.name)
            take_in(intake, folder, batch, progress)
        closing = Closing(own, stores, lambda: readers, own.calendar, _OPERATOR, opener)
        return close_branch(closing, day, branch, progress)


def nest_settings(parts: Parts) -> Settings:
    """The real settings, with places of the canaries' own; their files are whole as soon as written."""
    real = parts.settings
    cold = parts.workspace.canary / "cold"
    return real.model_copy(
        update={
            "catalog": Settings().catalog,
            "cold": str(cold.relative_to(parts.workspace.folder)),
            "inbox": InboxSettings(quiet_seconds=0),
            "primary": _own_bucket(real.primary),
            "replica": _own_bucket(real.replica),
        }
    )


def _own_bucket(store: StoreSettings) -> StoreSettings:
    return store.model_copy(update={"bucket": f"{store.bucket}-canary", "lock": "none"})


def report_path(workspace: Workspace, run_on: date) -> Path:
    """Where the last run of a calendar day is told."""
    return workspace.folder / "reports" / f"canary-{run_on.isoformat()}.json"
