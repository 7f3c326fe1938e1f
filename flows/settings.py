"""The workspace's settings file and the surroundings of the program; the only reader of the environment."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipeline.barcode import SERIAL_GRAMMAR
from pipeline.canaries import TITLES
from pipeline.clocks import SlaRules
from pipeline.errors import UserError
from pipeline.keying.rules import KeyingRules
from pipeline.language import say
from pipeline.scan_rules import ScanRules

SETTINGS_NAME = "paperproof.toml"
_WORKSPACE_VARIABLE = "PAPERPROOF_WORKSPACE"
_LANGUAGE_VARIABLE = "PAPERPROOF_LANG"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreSettings(_Section):
    """Where one copy of every page lies."""

    kind: Literal["local", "s3"] = "local"
    """"local": the server that Paperproof runs itself; "s3": any S3 endpoint, named below."""
    bucket: str
    endpoint: str = ""
    """host:port of the S3 endpoint."""
    region: str = "us-east-1"
    secure: bool = True
    credentials: str = ""
    """File with ``access_key`` and ``secret_key`` (TOML, readable by its owner alone)."""


class InboxSettings(_Section):
    """When a delivered file counts as whole (rule R1)."""

    quiet_seconds: float = 1.0
    require_sidecar: bool = False


class ReadingSettings(_Section):
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
            raise ValueError(f"no regular expression: {error}") from error
        return grammar


class MatchSettings(_Section):
    """When a page and a transaction belong together without a person's eye."""

    least_score: float = 12.0
    least_margin: float = 6.0


class CanarySettings(_Section):
    """Invented vouchers that go through the whole chain to prove that it still looks."""

    nightly: bool = False
    """Whether closing a day runs them; a night on which one comes out otherwise ends with exit code 1."""
    required: bool = False
    """Whether closing tells that they never ran."""
    within_hours: int = Field(default=36, gt=0)
    """How old the last run may be; a night may be late by half a day."""
    branch: str = Field(default="9999", pattern=r"^[0-9A-Za-z][0-9A-Za-z_-]{0,31}$")
    """A branch number that no branch has."""
    serial: str = "{day}{branch}{number}"
    """How their serial numbers are made up: day 20261119, branch, a number of six digits."""
    leave_out: tuple[str, ...] = ()
    """Canaries that do not fit this institution's rules; each run names them."""

    @field_validator("serial")
    @classmethod
    def _numbered(cls, pattern: str) -> str:
        try:
            made = [pattern.format(day="", branch="", number=number) for number in ("", "1")]
        except (LookupError, AttributeError) as error:
            raise ValueError(f"only day, branch and number have a place in it: {error}") from error
        if made[0] == made[1]:
            raise ValueError("{number} is missing")
        return pattern

    @field_validator("leave_out")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        strange = [name for name in names if name not in TITLES]
        if strange:
            raise ValueError(f"there is no canary {strange[0]}")
        return names


class TaskSettings(_Section):
    """What the handlers' control of a day asks for."""

    block_unconfirmed: bool = False
    """Whether a day stays open while a row is neither confirmed nor on the list (CG-16.3c)."""


class TextSettings(_Section):
    """What may be done with the whole text of pages: what stands beside the fields is sensitive."""

    index_reason: str = ""
    """Why texts may be searched, for the log; empty: they are not indexed."""
    purpose_required: bool = True
    """Whether a search, or showing a text, must say what for."""


class Settings(_Section):
    """All settings of a workspace; each has a default."""

    institution: str = "Paperproof"
    catalog: str = "sqlite:///catalog.sqlite"
    """SQLAlchemy URL; a relative SQLite path lies in the workspace."""
    workers: int = Field(default=0, ge=0)
    """Reading processes; 0: one for each processor."""
    spool_days: int = Field(default=3, ge=0)
    """How long the spool keeps a page that both stores hold (rule R6)."""
    least_free_mb: int = Field(default=500, ge=0)
    """No batch is begun with less room on the workspace's disk (rule R12)."""
    scan: ScanRules = ScanRules()
    """What every page must meet (checks Q02 to Q13); a document type's own rules go above it."""
    profile: str = ""
    """A profile (YAML), relative to the workspace, or the name of one shipped; none: the brokerage's."""
    inbox: InboxSettings = InboxSettings()
    reading: ReadingSettings = ReadingSettings()
    keying: KeyingRules = KeyingRules()
    match: MatchSettings = MatchSettings()
    sla: SlaRules = SlaRules()
    tasks: TaskSettings = TaskSettings()
    text: TextSettings = TextSettings()
    canary: CanarySettings = CanarySettings()
    primary: StoreSettings = StoreSettings(bucket="paperproof-primary")
    replica: StoreSettings = StoreSettings(bucket="paperproof-replica")
    cold: str = "cold"
    """Folder of the cold copy; a relative path lies in the workspace."""

    @property
    def reading_workers(self) -> int:
        """Number of reading processes."""
        return self.workers or len(os.sched_getaffinity(0))


DEFAULT_FILE = """\
# Settings of this Paperproof workspace. A line that is missing means its default.

institution = "Paperproof 演示机构"      # heads the reports
catalog = "sqlite:///catalog.sqlite"     # a relative path lies in this workspace
workers = 0                              # reading processes; 0: one for each processor
spool_days = 3                           # how long a stored page's first copy is kept
least_free_mb = 500                      # no batch is begun with less room on the disk
cold = "cold"                            # folder of the cold copy

# profile = "profile.yaml"               # your own papers and businesses, or "hospital"; docs/profile.md

[scan]                                   # what every page must meet (checks Q02 to Q13)
# min_dpi = 200
# max_dpi = 600
# required_colour = "colour"             # "bitonal", "grey" or "colour"
# min_bytes = 20_000
# max_bytes = 10_000_000
# flag_skew_degrees = 1.0
# reject_skew_degrees = 3.0
# blank_ink_share = 0.001
# max_blur_mm = 0.18
# min_contrast = 0.3
# severities = { Q08 = "flag" }          # "flag" or "reject" instead of a check's own severity
# severities_from = 2027-01-01           # first business day of these severities

[inbox]                                  # when a delivered file counts as whole
quiet_seconds = 1.0
require_sidecar = false                  # true: a file without its NAME.json is left alone

[reading]                                # a narrower grammar keeps foreign codes and numbers out
# serial_grammar = '(?P<date>\\d{8})(?P<branch>\\d{4})\\d{6}'  # your serial numbers; groups are optional
page_seconds = 10                        # a page that costs more, twice, goes to a person
page_memory_mb = 2048                    # beyond the loaded models
propose_forms_after = 4                  # pages that agree, of a form not known yet

[keying]                                 # what people are asked for (check Q14)
# required = ["serial_no", "customer_no", "customer_name", "amount", "business_date"]
# least_confidence = 0.80                # read with less, a required field is keyed

[match]                                  # bits of evidence, see ARCHITECTURE.md
least_score = 12.0
least_margin = 6.0

[sla]                                    # what is due when, see docs/calendar.md
# capture = "T"                          # day by which vouchers are captured, and its last moment
# capture_cutoff = "24:00"
# review_deadline = "T+1"                # reviewed, and what does not agree settled
# inclusive = true                       # false: before that day, so that T+1 means the end of T
# calendar = "trading_day"               # or "working_day": which days are counted
# rectify_days = 3                       # to put right what was refused
# answer_days = 2                        # to explain a difference
# upload_nth = 5                         # day of the month by which the last month is with headquarters
# upload_inclusive = true
# upload_day_kind = "working_day"        # or "trading_day"

[tasks]                                  # the handlers' control of a day, see docs/tasks.md
block_unconfirmed = false                # true: a day stays open while a row is not confirmed

[text]                                   # whole pages as searchable PDF, see "paperproof text make"
# index_reason = "..."                   # why texts may be searched, logged; none: they are not indexed
purpose_required = true                  # a search, and showing a text, must say --purpose

[canary]                                 # invented vouchers through the whole chain, docs/canaries.md
# nightly = true                         # closing a day runs them
# required = true                        # closing tells that they never ran
# within_hours = 36                      # closing tells that they ran longer ago
# branch = "9999"                        # a branch number that no branch has
# serial = "{day}{branch}{number}"       # serial numbers of your shape
# leave_out = ["bad-cut"]                # canaries that your rules let pass on purpose

[primary]                                # "local": the object store that Paperproof runs by itself
kind = "local"
bucket = "paperproof-primary"

[replica]
kind = "local"
bucket = "paperproof-replica"

# Any S3 endpoint instead:
# [replica]
# kind = "s3"
# endpoint = "s3.example.internal:443"
# bucket = "paperproof-replica"
# region = "us-east-1"
# credentials = "secrets/replica.toml"   # access_key = "..." and secret_key = "...", mode 0600
"""


def workspace_folder(named: Path | None) -> Path:
    """Return the workspace: as named, else from the environment, else ./paperproof-workspace."""
    return (named or Path(os.environ.get(_WORKSPACE_VARIABLE) or "paperproof-workspace")).absolute()


def spoken_language(named: str | None = None) -> str:
    """Return "zh" or "en": as named, else from the environment's own and the locale."""
    wanted = named or os.environ.get(_LANGUAGE_VARIABLE)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        wanted = wanted or os.environ.get(name)
    return "zh" if wanted and wanted.lower().startswith("zh") else "en"


def quiet_prefect(home: Path) -> None:
    """Set Prefect up before it is imported: inside the workspace, no analytics, patient, quiet."""
    os.environ.update(
        {
            "PREFECT_HOME": str(home),
            "PREFECT_PROFILES_PATH": str(home / "profiles.toml"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
            "PREFECT_LOGGING_LEVEL": "ERROR",
            "PREFECT_LOGGING_TO_API_ENABLED": "false",
        }
    )
    os.environ.pop("PREFECT_API_URL", None)


def load_settings(folder: Path) -> Settings:
    """Read a workspace's settings; raises UserError naming the line that does not hold."""
    path = folder / SETTINGS_NAME
    try:
        return Settings.model_validate(tomllib.loads(path.read_text("utf-8")))
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
            say("{path} cannot be read ({why}); check its rights.", path=path, why=error.strerror)
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(
            say("{path} cannot be read: {why}; mend that line.", path=path, why=error)
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(
            say(
                "{path}: the setting {name} does not hold ({why}); mend it.",
                path=path,
                name=".".join(str(part) for part in first["loc"]),
                why=first["msg"],
            )
        ) from error
