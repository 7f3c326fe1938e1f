"""The catalog: one door to what the archive holds and whether it agrees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from catalog import log
from catalog.address import shown
from catalog.branches import Branches
from catalog.compare import Difference, differences, row_counts
from catalog.confirmations import Confirmations
from catalog.connection import connect, is_ahead, migrate, require_current
from catalog.customers import Customers
from catalog.days import Days
from catalog.door import Door
from catalog.foreseen_tasks import ForeseenTasks
from catalog.forms import Forms
from catalog.keying import Keying
from catalog.moment import at_one_moment
from catalog.notices import Notices
from catalog.pages import Pages
from catalog.papers import Papers
from catalog.profiles import Profiles
from catalog.readings import Readings
from catalog.reviews import Reviews
from catalog.seen_once import KeyingSeenOnce, PagesSeenOnce, StreamsSeenOnce
from catalog.staff import Staff
from catalog.store_tests import StoreTests
from catalog.streams import Streams
from catalog.task_lists import TaskLists
from catalog.tasks import Tasks
from catalog.text_search import text_search
from catalog.texts import Texts
from pipeline.errors import UserError
from pipeline.language import say

if TYPE_CHECKING:
    from catalog.access_requests import AccessRequests
    from catalog.accounts import AccountRegister
    from catalog.archived_pages import ArchivedPages
    from catalog.archives import Archives
    from catalog.arrivals import Arrivals
    from catalog.audit import Audit
    from catalog.belonging import Belonging
    from catalog.bundles import Bundles
    from catalog.canaries import Canaries
    from catalog.carriers import Carriers
    from catalog.checks_made import ChecksMade
    from catalog.claims import Claims
    from catalog.closures import Closures
    from catalog.cold_keys import ColdKeys
    from catalog.copies import Copies
    from catalog.credentials import Credentials
    from catalog.crossings import Crossings
    from catalog.custody import Custody
    from catalog.debts import Debts
    from catalog.destructions import Destructions
    from catalog.digital import DigitalPackages
    from catalog.discrepancy_acts import DiscrepancyActs
    from catalog.dossier import Dossiers
    from catalog.drills import Drills
    from catalog.exports import Exports
    from catalog.findings import Findings
    from catalog.handovers import Handovers
    from catalog.holds import Holds
    from catalog.known_sessions import KnownSessions
    from catalog.local_files import LocalFiles
    from catalog.lost_bundles import LostBundles
    from catalog.machine_tokens import MachineTokens
    from catalog.masters import Masters
    from catalog.mergers import Mergers
    from catalog.monitor import Monitor
    from catalog.monthly import Monthly
    from catalog.named import NamedObjects
    from catalog.passkeys import Devices
    from catalog.reading_room import ReadingRoom
    from catalog.recognition import Recognition
    from catalog.rectifications import Rectifications
    from catalog.removals import Removals
    from catalog.retention import Retention
    from catalog.retrievals import Retrievals
    from catalog.sampling import Samples
    from catalog.secrecy import SecrecyRegister
    from catalog.shelf import Shelf
    from catalog.stations import Stations
    from catalog.transfers import Transfers
    from catalog.verifications import Verifications
    from catalog.viewings import Viewings
    from catalog.volumes import Volumes
    from catalog.watch import Watch
    from catalog.web_sessions import WebSessions


class Catalog:
    """The record of all that is known; whatever is not in it has not happened."""

    archives: Door[Archives] = Door("archives", "Archives")
    custody: Door[Custody] = Door("custody", "Custody")
    rectifications: Door[Rectifications] = Door("rectifications", "Rectifications")
    reading_room: Door[ReadingRoom] = Door("reading_room", "ReadingRoom")
    shelf: Door[Shelf] = Door("shelf", "Shelf")
    arrivals: Door[Arrivals] = Door("arrivals", "Arrivals")
    audit: Door[Audit] = Door("audit", "Audit")
    belonging: Door[Belonging] = Door("belonging", "Belonging")
    bundles: Door[Bundles] = Door("bundles", "Bundles")
    claims: Door[Claims] = Door("claims", "Claims")
    discrepancy_acts: Door[DiscrepancyActs] = Door("discrepancy_acts", "DiscrepancyActs")
    dossiers: Door[Dossiers] = Door("dossier", "Dossiers")
    exports: Door[Exports] = Door("exports", "Exports")
    digital: Door[DigitalPackages] = Door("digital", "DigitalPackages")
    drills: Door[Drills] = Door("drills", "Drills")
    copies: Door[Copies] = Door("copies", "Copies")
    debts: Door[Debts] = Door("debts", "Debts")
    crossings: Door[Crossings] = Door("crossings", "Crossings")
    transfers: Door[Transfers] = Door("transfers", "Transfers")
    verifications: Door[Verifications] = Door("verifications", "Verifications")
    volumes: Door[Volumes] = Door("volumes", "Volumes")
    holds: Door[Holds] = Door("holds", "Holds")
    retention: Door[Retention] = Door("retention", "Retention")
    checks_made: Door[ChecksMade] = Door("checks_made", "ChecksMade")
    closures: Door[Closures] = Door("closures", "Closures")
    destructions: Door[Destructions] = Door("destructions", "Destructions")
    removals: Door[Removals] = Door("removals", "Removals")
    retrievals: Door[Retrievals] = Door("retrievals", "Retrievals")
    named: Door[NamedObjects] = Door("named", "NamedObjects")
    local_files: Door[LocalFiles] = Door("local_files", "LocalFiles")
    monthly: Door[Monthly] = Door("monthly", "Monthly")
    archived_pages: Door[ArchivedPages] = Door("archived_pages", "ArchivedPages")
    carriers: Door[Carriers] = Door("carriers", "Carriers")
    cold_keys: Door[ColdKeys] = Door("cold_keys", "ColdKeys")
    handovers: Door[Handovers] = Door("handovers", "Handovers")
    canaries: Door[Canaries] = Door("canaries", "Canaries")
    secrecy: Door[SecrecyRegister] = Door("secrecy", "SecrecyRegister")
    samples: Door[Samples] = Door("sampling", "Samples")
    masters: Door[Masters] = Door("masters", "Masters")
    mergers: Door[Mergers] = Door("mergers", "Mergers")
    findings: Door[Findings] = Door("findings", "Findings")
    accounts: Door[AccountRegister] = Door("accounts", "AccountRegister")
    credentials: Door[Credentials] = Door("credentials", "Credentials")
    access_requests: Door[AccessRequests] = Door("access_requests", "AccessRequests")
    machine_tokens: Door[MachineTokens] = Door("machine_tokens", "MachineTokens")
    stations: Door[Stations] = Door("stations", "Stations")
    devices: Door[Devices] = Door("passkeys", "Devices")
    viewings: Door[Viewings] = Door("viewings", "Viewings")
    watch: Door[Watch] = Door("watch", "Watch")
    known_sessions: Door[KnownSessions] = Door("known_sessions", "KnownSessions")
    web_sessions: Door[WebSessions] = Door("web_sessions", "WebSessions")
    lost_bundles: Door[LostBundles] = Door("lost_bundles", "LostBundles")
    monitor: Door[Monitor] = Door("monitor", "Monitor")
    recognition: Door[Recognition] = Door("recognition", "Recognition")

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.streams = Streams(engine)
        self.pages = Pages(engine)
        self.readings = Readings(engine)
        self.forms = Forms(engine)
        self.keying = Keying(engine)
        self.profiles = Profiles(engine)
        self.tasks = Tasks(engine)
        self.confirmations = Confirmations(engine)
        self.reviews = Reviews(engine)
        self.days = Days(engine)
        self.store_tests = StoreTests(engine)
        self.customers = Customers(engine)
        self.task_lists = TaskLists(engine)
        self.papers = Papers(engine)
        self.notices = Notices(engine)
        self.branches = Branches(engine)
        self.staff = Staff(engine)
        self.texts = Texts(engine, text_search(engine))

    @classmethod
    def create(cls, url: str) -> Catalog:
        """Make the catalog, or bring an older one to this version."""
        engine = connect(url)
        with _disposed_of_if_it_fails(engine):
            migrate(engine)
        return cls(engine)

    @classmethod
    def create_empty(cls, url: str) -> Catalog:
        """Make a catalog to play bundles into; raises UserError when it has rows, so that none is mixed."""
        engine = connect(url, references=False)
        with _disposed_of_if_it_fails(engine):
            migrate(engine, references=False)
            if any(row_counts(engine).values()):
                raise UserError(
                    say(
                        "The database {place} holds a catalog already; name an empty one.",
                        place=shown(engine.url),
                    )
                )
        return cls(engine)

    @classmethod
    def open(cls, url: str, *, reading: bool = False) -> Catalog:
        """Open a catalog of this program's version, ``reading`` only or not; UserError: it is of another."""
        engine = connect(url, reading=reading)
        with _disposed_of_if_it_fails(engine):
            require_current(engine)
        return cls(engine)

    def must_answer(self) -> None:
        """Raise PaperproofError when the database does not answer, or is of another version by now."""
        require_current(self._engine)

    def is_ahead(self) -> bool:
        """Whether a newer program brought the tables up to date meanwhile, which this one does not know."""
        return is_ahead(self._engine)

    def at_one_moment(self) -> AbstractContextManager[None]:
        """Let all looks of a block see the same moment, and cost less; of a catalog that can only be read."""
        return at_one_moment(self._engine)

    def foreseeing(self) -> Catalog:
        """Give the same catalog as it is now: acts on capture tasks are tried there and never entered."""
        tried = copy(self)
        tried.streams = StreamsSeenOnce(self._engine)
        tried.pages = PagesSeenOnce(self._engine)
        tried.keying = KeyingSeenOnce(self._engine)
        tried.tasks = ForeseenTasks(self._engine, tried.streams)
        return tried

    def differences(self, other: Catalog) -> Iterator[Difference]:
        """Yield every row that another catalog has not alike."""
        return differences(self._engine, other._engine)

    def row_counts(self) -> dict[str, int]:
        """Count the rows of each recorded table."""
        return row_counts(self._engine)

    def first_broken_log_entry(self) -> int | None:
        """Return the number of the first log entry that breaks the chain, None when it is whole."""
        with self._engine.connect() as connection:
            return log.first_broken(connection)

    def ready_for_work(self) -> None:
        """Have new rows refer to what is there and be numbered behind it, after bundles were played in."""
        migrate(self._engine)

    def close(self) -> None:
        """Give the database's connections back."""
        self._engine.dispose()


@contextmanager
def _disposed_of_if_it_fails(engine: Engine) -> Iterator[None]:
    try:
        yield
    except BaseException:
        engine.dispose()
        raise
