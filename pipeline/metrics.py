"""What is measured for those who watch: every metric by name, with its help and its labels.

Names and units follow Prometheus' conventions (base units; a moment is a ``_timestamp_seconds``). Labels hold
codes, days, places and versions only: nobody's name, no customer's number, no serial number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Metric:
    """One figure, or one for each set of labels."""

    name: str
    help: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """A metric's value at one set of labels."""

    metric: Metric
    value: float
    labels: tuple[str, ...] = ()

    @property
    def named(self) -> dict[str, str]:
        """The labels by name."""
        return dict(zip(self.metric.labels, self.labels, strict=True))


def moment(metric: Metric, at: datetime | None, *labels: str) -> Iterable[Sample]:
    """Give a moment as a sample; None: there is none, and so no sample."""
    return () if at is None else (Sample(metric, at.timestamp(), labels),)


_DAY = ("branch", "day")

INFO = Metric(
    "paperproof_info", "1; which version of the program and tables.", ("version", "tables")
)
UP = Metric("paperproof_up", "1 when the catalog answered, 0 when not: then nothing else is told.")
PAGES = Metric(
    "paperproof_pages",
    "Pages of the last days: taken_in or refused; of days that are open also read and unread.",
    (*_DAY, "state"),
)
TASKS = Metric(
    "paperproof_tasks", "Papers that are due on the last days, by state.", (*_DAY, "state")
)
DAY_DUE = Metric(
    "paperproof_day_due_timestamp_seconds",
    "When the review of a day that is not closed is due; no such series: all days are closed.",
    _DAY,
)
CHUNKS = Metric("paperproof_chunks_waiting", "Chunks of pages that are not read yet.")
CHUNKS_ALONE = Metric(
    "paperproof_chunks_alone_since_timestamp_seconds",
    "Since when chunks wait and no worker holds one; only where the settings want workers.",
)
DEBT_OBJECTS = Metric("paperproof_debt_objects", "Objects that the replica is owed.")
DEBT_BYTES = Metric("paperproof_debt_bytes", "Bytes of the objects that the replica is owed.")
DEBT_NEW = Metric("paperproof_debt_new_objects", "Objects owed that came in during the last hour.")
DEBT_OLDEST = Metric(
    "paperproof_debt_oldest_timestamp_seconds", "Since when the oldest object is owed."
)
BAD_COPIES = Metric(
    "paperproof_bad_copies", "Copies that are damaged or missing.", ("place", "state")
)
LOST_OBJECTS = Metric(
    "paperproof_lost_objects", "Objects without a good copy in any store and not settled yet."
)
VERIFY_DUE = Metric(
    "paperproof_verification_due_timestamp_seconds",
    "When the copy that was not read in full for longest must be read.",
    ("place",),
)
LOCKS_HOLD = Metric(
    "paperproof_locks_hold",
    "1 where the last self-test saw every lock hold, 0 where not; only where the settings want locks.",
    ("place",),
)
LOCKS_TESTED = Metric(
    "paperproof_locks_tested_timestamp_seconds", "When the locks were last tried out.", ("place",)
)
DRILL_AT = Metric("paperproof_drill_timestamp_seconds", "When the last restore drill was held.")
DRILL_PASSED = Metric("paperproof_drill_passed", "1 when the last drill brought everything back.")
DRILL_RTO = Metric(
    "paperproof_drill_rto_ratio", "How long the last drill took, in parts of what is allowed (RTO)."
)
DRILL_RPO = Metric(
    "paperproof_drill_rpo_ratio",
    "How old the catalog was that the last drill brought back, in parts of what is allowed (RPO).",
)
DRILL_DUE = Metric("paperproof_drill_due_timestamp_seconds", "When the next restore drill is due.")
LOG_UNSIGNED = Metric(
    "paperproof_log_unsigned_entries", "Entries of the log behind the newest checkpoint."
)
LOG_SIGNED = Metric(
    "paperproof_log_signed_timestamp_seconds", "When the newest checkpoint was signed."
)
LOG_SIGN_DUE = Metric(
    "paperproof_log_sign_due_timestamp_seconds",
    "When the oldest entry without a signature must be signed.",
)
OUTBOX = Metric(
    "paperproof_catalog_unbundled_changes", "Changes of the catalog that no bundle holds."
)
BUNDLED = Metric(
    "paperproof_catalog_bundled_timestamp_seconds", "When the last bundle of changes was kept."
)
BUNDLE_DUE = Metric(
    "paperproof_catalog_bundle_due_timestamp_seconds",
    "When changes that no bundle holds must be in one (RPO).",
)
STATION_FILES = Metric(
    "paperproof_station_waiting_files",
    "Files that a station still has to send, as it reported last.",
    ("branch", "station"),
)
STATION_DUE = Metric(
    "paperproof_station_due_timestamp_seconds",
    "By when the oldest file that waits at a station should be sent (debt_minutes).",
    ("branch", "station"),
)
UPLOAD_DUE = Metric(
    "paperproof_upload_due_timestamp_seconds",
    "When a month that headquarters has not accepted whole was due; only once it is late.",
    ("branch", "month"),
)
SAMPLE_DRAW_DUE = Metric(
    "paperproof_sample_draw_due_timestamp_seconds",
    "When the blind sample of a month was to be drawn; only once that is late.",
    ("month",),
)
SAMPLE_DUE = Metric(
    "paperproof_sample_due_timestamp_seconds",
    "When the blind sample of a month was to be answered at a branch; only once that is late.",
    ("branch", "month"),
)
DISK_FREE = Metric("paperproof_disk_free_bytes", "Free room on the disk.", ("place",))
DISK_ROOM = Metric(
    "paperproof_disk_room_ratio",
    "Free room in multiples of what must be left (least_free_mb); below 1 nothing comes in.",
    ("place",),
)

METRICS = (
    *(
        INFO,
        UP,
        PAGES,
        TASKS,
        DAY_DUE,
        CHUNKS,
        CHUNKS_ALONE,
        DEBT_OBJECTS,
        DEBT_BYTES,
        DEBT_NEW,
        DEBT_OLDEST,
        BAD_COPIES,
    ),
    *(LOST_OBJECTS, VERIFY_DUE, LOCKS_HOLD, LOCKS_TESTED, DRILL_AT, DRILL_PASSED, DRILL_RTO),
    *(DRILL_RPO, DRILL_DUE, LOG_UNSIGNED, LOG_SIGNED, LOG_SIGN_DUE, OUTBOX, BUNDLED, BUNDLE_DUE),
    *(STATION_FILES, STATION_DUE, UPLOAD_DUE, SAMPLE_DRAW_DUE, SAMPLE_DUE, DISK_FREE, DISK_ROOM),
)
"""All of them, in the order in which they are told."""

STAGE_SECONDS = Metric(
    "paperproof_stage_seconds",
    "Seconds that a stage took: storing and reading of a page, closing of a branch's day, a verification.",
    ("stage",),
)
"""The one histogram; it is added up from events (``pipeline.stages``), not taken from the catalog."""
