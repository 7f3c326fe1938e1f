"""The workspace's settings file and the surroundings of the program; the only reader of the environment."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

from pydantic import Field, ValidationError, field_validator

from catalog.address import address_of
from flows.canary_settings import CanarySettings
from flows.cold_settings import VolumeSettings
from flows.deploy_settings import DeploySettings
from flows.oidc_settings import OidcSettings
from flows.station_settings import StationSettings
from flows.store_settings import (
    DrillSettings,
    LifecycleSettings,
    RetentionSettings,
    Section,
    StoreSettings,
    StoresSettings,
    UploadSettings,
    VerifySettings,
)
from flows.watch_settings import LogSettings, WatchSettings
from flows.web_settings import WebSettings
from pipeline.access.rules import AccessRules
from pipeline.archive import PaperRules
from pipeline.audit.note import NAME
from pipeline.claims import LeaseRules
from pipeline.clocks import SlaRules
from pipeline.custody import CustodyRules
from pipeline.destruction_rules import DestructionRules
from pipeline.digital_rules import DigitalRules
from pipeline.errors import UserError, refused_by_system
from pipeline.keying.rules import KeyingRules
from pipeline.language import Message, say
from pipeline.scan_rules import ScanRules
from pipeline.serials import SERIAL_GRAMMAR
from pipeline.unfit import Unfit, first_of

SETTINGS_NAME = "paperproof.toml"
_WORKSPACE_VARIABLE = "PAPERPROOF_WORKSPACE"
_LANGUAGE_VARIABLE = "PAPERPROOF_LANG"
_CATALOG_VARIABLE = "PAPERPROOF_CATALOG"
_OIDC_VARIABLE = "PAPERPROOF_OIDC_SECRET"
_LOG_VARIABLE = "PAPERPROOF_LOG"
FLOW_SERVER_PATIENCE = "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"
"""Prefect's own variable: so long its embedded server may take to start."""


class AuditSettings(Section):
    """Who signs the log, and under which name."""

    folder: str = "audit"
    """Key and memory of whoever signs, the audit administrator's own; relative to the workspace."""
    name: str = "paperproof-log"
    """Stands in every checkpoint; no blanks and no +. One of its own for each installation is best."""

    @field_validator("name")
    @classmethod
    def _fits_a_note(cls, name: str) -> str:
        if not NAME.fullmatch(name):
            raise Unfit(say("no blanks and no + may be in it"))
        return name


class InboxSettings(Section):
    """When a delivered file counts as whole (rule R1)."""

    quiet_seconds: float = 1.0
    require_sidecar: bool = False


class ReadingSettings(Section):
    """How a page is read."""

    serial_grammar: str = SERIAL_GRAMMAR
    """Regular expression of the serial numbers; a code or print of another shape is none. Its groups
    ``date`` and ``branch``, where it has them, are held against the page's (``pipeline.serials``)."""
    page_seconds: float = Field(default=10.0, gt=0)
    page_memory_mb: int = Field(default=2048, gt=0)
    """What one page may cost, see ``flows.reading_pool.PageLimits``."""
    propose_forms_after: int = Field(default=4, ge=3)
    """Pages of one unknown form from which it is proposed."""

    @field_validator("serial_grammar")
    @classmethod
    def _compiles(cls, grammar: str) -> str:
        try:
            re.compile(grammar)
        except re.error as error:
            raise Unfit(say("it is no regular expression")) from error
        return grammar


class MatchSettings(Section):
    """When a page and a transaction belong together without a person's eye."""

    least_score: float = 12.0
    least_margin: float = 6.0


class TaskSettings(Section):
    """What the handlers' control of a day asks for."""

    block_unconfirmed: bool = False
    """Whether a day stays open while a row is neither confirmed nor on the list (CG-16.3c)."""


class TextSettings(Section):
    """What may be done with the whole text of pages: what stands beside the fields is sensitive."""

    index_reason: str = ""
    """Why texts may be searched, for the log; empty: they are not indexed."""
    purpose_required: bool = True
    """Whether a search, or showing a text, must say what for."""


class Settings(Section):
    """All settings of a workspace; each has a default."""

    institution: str = "Paperproof"
    catalog: str = "sqlite:///catalog.sqlite"
    """SQLAlchemy URL of SQLite or PostgreSQL; a relative SQLite path lies in the workspace.
    The environment's ``PAPERPROOF_CATALOG`` goes above it."""
    workers: int = Field(default=0, ge=0)
    """Reading processes; 0: one for each processor."""
    spool_days: int = Field(default=3, ge=0)
    """How long the spool keeps a page that both stores hold (rule R6)."""
    lock_days: int = Field(default=400, ge=1)
    """How long each put locks, and verification locks anew: when an account will be closed is not known."""
    least_free_mb: int = Field(default=500, ge=0)
    """No batch is begun with less room on the workspace's disk (rule R12)."""
    scan: ScanRules = ScanRules()
    """What every page must meet (checks Q02 to Q13); a document type's own rules go above it."""
    profile: str = ""
    """A profile (YAML), relative to the workspace, or the name of one shipped; none: the brokerage's."""
    inbox: InboxSettings = InboxSettings()
    reading: ReadingSettings = ReadingSettings()
    leases: LeaseRules = LeaseRules()
    deploy: DeploySettings = DeploySettings()
    keying: KeyingRules = KeyingRules()
    match: MatchSettings = MatchSettings()
    sla: SlaRules = SlaRules()
    tasks: TaskSettings = TaskSettings()
    paper: PaperRules = PaperRules()
    custody: CustodyRules = CustodyRules()
    digital: DigitalRules = DigitalRules()
    text: TextSettings = TextSettings()
    canary: CanarySettings = CanarySettings()
    access: AccessRules = AccessRules()
    oidc: OidcSettings = OidcSettings()
    primary: StoreSettings = StoreSettings(bucket="paperproof-primary")
    replica: StoreSettings = StoreSettings(bucket="paperproof-replica")
    stores: StoresSettings = StoresSettings()
    upload: UploadSettings = UploadSettings()
    verify: VerifySettings = VerifySettings()
    drill: DrillSettings = DrillSettings()
    retention: RetentionSettings = RetentionSettings()
    destruction: DestructionRules = DestructionRules()
    lifecycle: LifecycleSettings = LifecycleSettings()
    cold: str = "cold"
    """Folder of the cold volumes; a relative path lies in the workspace."""
    volumes: VolumeSettings = VolumeSettings()
    audit: AuditSettings = AuditSettings()
    web: WebSettings = WebSettings()
    watch: WatchSettings = WatchSettings()
    station: StationSettings = StationSettings()
    log: LogSettings = LogSettings()

    @field_validator("catalog")
    @classmethod
    def _can_be_used(cls, catalog: str) -> str:
        try:
            address_of(catalog)
        except UserError as error:
            raise Unfit(error.message) from error
        return catalog

    @property
    def reading_workers(self) -> int:
        """Number of reading processes."""
        return self.workers or len(os.sched_getaffinity(0))


def default_file() -> str:
    """Return the settings file that a new workspace is given: every default, explained."""
    return (files("flows") / "default_settings.toml").read_text("utf-8")


def workspace_folder(named: Path | None) -> Path:
    """Return the workspace: as named, else from the environment, else ./paperproof-workspace."""
    return (named or Path(os.environ.get(_WORKSPACE_VARIABLE) or "paperproof-workspace")).absolute()


def spoken_language(named: str | None = None) -> str:
    """Return "zh" or "en": as named, else from the environment's own and the locale."""
    wanted = named or os.environ.get(_LANGUAGE_VARIABLE)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        wanted = wanted or os.environ.get(name)
    return "zh" if wanted and wanted.lower().startswith("zh") else "en"


def oidc_secret(folder: Path, settings: OidcSettings) -> str | None:
    """The secret of this site at the identity provider, from the environment or its file; None: it has none.

    Raises UserError when others than its owner could read the file.
    """
    path = folder / settings.credential_file
    if named := os.environ.get(_OIDC_VARIABLE):
        return named
    if not path.exists():
        return None
    if path.stat().st_mode & 0o077:
        raise UserError(
            say("{path} can be read by others than its owner; set its mode to 0600.", path=path)
        )
    return path.read_text("utf-8").strip() or None


def private_folder() -> Path:
    """Where a person's own log-ins lie: gone with the person's session where the system has one, else kept
    in their state folder (XDG Base Directory Specification 0.8)."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(os.environ.get("XDG_RUNTIME_DIR") or state) / "paperproof"


def scanner_surroundings() -> dict[str, str]:
    """Return the environment of programs that drive scanners: this one's, with messages in English."""
    return {**os.environ, "LC_ALL": "C"}


def quiet_prefect(home: Path) -> None:
    """Set Prefect up before it is imported: inside the workspace, no analytics, patient, quiet."""
    os.environ.update(
        _prefect_at_home(home)
        | {"PREFECT_LOGGING_LEVEL": "ERROR", "PREFECT_LOGGING_TO_API_ENABLED": "false"}
    )
    os.environ.pop("PREFECT_API_URL", None)


def join_prefect(home: Path, api: str) -> None:
    """Set Prefect up before it is imported to speak with the server at ``api``."""
    os.environ.update(_prefect_at_home(home) | {"PREFECT_API_URL": api})


def start_prefect_worker(workspace: Path, home: Path, api: str, words: Sequence[str]) -> None:
    """Become a Prefect worker whose flows work in a workspace; does not return."""
    join_prefect(home, api)
    os.environ[_WORKSPACE_VARIABLE] = str(workspace)
    os.execv(sys.executable, (sys.executable, "-m", "prefect", "worker", "start", *words))  # noqa: S606


def _prefect_at_home(home: Path) -> dict[str, str]:
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_PROFILES_PATH": str(home / "profiles.toml"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        FLOW_SERVER_PATIENCE: os.environ.get(FLOW_SERVER_PATIENCE) or "120",
    }


def log_settings(folder: Path) -> LogSettings:
    """Return how events are written: by the environment's word, else as the workspace says, else as usual."""
    settings = LogSettings()
    with suppress(UserError, ValidationError):  # told by the command itself, where it matters to it
        settings = load_settings(folder).log
    with suppress(ValidationError):
        if form := os.environ.get(_LOG_VARIABLE):
            return LogSettings.model_validate({**settings.model_dump(), "form": form})
    return settings


def load_settings(folder: Path) -> Settings:
    """Read a workspace's settings; raises UserError naming the line that does not hold."""
    path = folder / SETTINGS_NAME
    try:
        written = tomllib.loads(path.read_text("utf-8"))
        elsewhere = os.environ.get(_CATALOG_VARIABLE)
        return Settings.model_validate({**written, "catalog": elsewhere} if elsewhere else written)
    except FileNotFoundError as error:
        raise UserError(
            say(
                "{folder} is no Paperproof workspace; make one with “paperproof init”, or name yours "
                "with --workspace.",
                folder=folder,
            )
        ) from error
    except OSError as error:
        raise UserError(
            say(
                "{path} cannot be read ({why}); check its rights.",
                path=path,
                why=refused_by_system(error),
            )
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(
            say("{path} cannot be read: {why}; mend that line.", path=path, why=_line(error))
        ) from error
    except ValidationError as error:
        place, why = first_of(error)
        raise UserError(
            say(
                "{path}: the setting {name} does not hold ({why}); mend it.",
                path=path,
                name=place,
                why=why,
            )
        ) from error


def _line(error: ValueError) -> Message:
    """Tell where TOML cannot be read."""
    found = re.search(r"line (\d+), column (\d+)", str(error))
    if found is None:
        return say("it is no TOML in UTF-8")
    return say("line {line}, column {column}", line=found[1], column=found[2])
