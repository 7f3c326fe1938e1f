"""Every rule of alerts, once, for the command line, the site and Prometheus alike."""

from __future__ import annotations

from pipeline import metrics as m
from pipeline.alerts import Fires, Rule, Severity
from pipeline.language import say

_DAY = 86_400

RULES: tuple[Rule, ...] = (
    Rule(
        "CatalogDown",
        Severity.CRITICAL,
        m.UP,
        Fires.UNDER,
        1,
        say("The catalog does not answer; nothing else is known."),
        say("Look at its database and the room on its disk, then at “paperproof alerts” again."),
        held_minutes=2,
    ),
    Rule(
        "DayNotClosed",
        Severity.CRITICAL,
        m.DAY_DUE,
        Fires.LATE,
        0,
        say("Day {day} of branch {branch} is not closed, and its time is over."),
        say(
            "Run “paperproof close-day {day} --branch {branch}” and have what it names settled; "
            "“paperproof overdue --day {day}” tells by whom."
        ),
    ),
    Rule(
        "WorkersGone",
        Severity.CRITICAL,
        m.CHUNKS_ALONE,
        Fires.LATE,
        600,
        say("Pages wait to be read, and for ten minutes no worker has been at them."),
        say(
            "Start a worker (“paperproof worker read”), or close the day, which reads them itself."
        ),
    ),
    Rule(
        "ObjectsLost",
        Severity.CRITICAL,
        m.LOST_OBJECTS,
        Fires.OVER,
        0,
        say("{value} objects have no good copy in any store."),
        say(
            "“paperproof storage status” names them: have their papers scanned again, or fetch the carrier."
        ),
    ),
    Rule(
        "BadCopies",
        Severity.WARNING,
        m.BAD_COPIES,
        Fires.OVER,
        0,
        say("{value} copies in the {place} are {state}."),
        say("Have the store's disks looked at, then run “paperproof storage verify --all”."),
    ),
    Rule(
        "LockProbeFailed",
        Severity.CRITICAL,
        m.LOCKS_HOLD,
        Fires.UNDER,
        1,
        say("The {place} does not keep its locks; no page comes in."),
        say("“paperproof storage self-test” tells which; have the store's settings put right."),
    ),
    Rule(
        "LockProbeOld",
        Severity.WARNING,
        m.LOCKS_TESTED,
        Fires.LATE,
        2 * _DAY,
        say("The locks of the {place} were not tried out for two days."),
        say("See why “paperproof storage nightly” does not run."),
    ),
    Rule(
        "DebtGrowing",
        Severity.WARNING,
        m.DEBT_NEW,
        Fires.OVER,
        0,
        say("{value} objects that came in during the last hour lie in one store only."),
        say("See why the replica does not answer; debts are paid as soon as it does."),
        held_minutes=15,
    ),
    Rule(
        "DebtOld",
        Severity.CRITICAL,
        m.DEBT_OLDEST,
        Fires.LATE,
        _DAY,
        say("The replica is owed objects for more than a day: they have one online copy."),
        say("Bring the replica back, then run “paperproof storage nightly”."),
    ),
    Rule(
        "VerificationBehind",
        Severity.WARNING,
        m.VERIFY_DUE,
        Fires.LATE,
        0,
        say("Some copies in the {place} were not read in full for longer than the settings allow."),
        say(
            "See that “paperproof storage nightly” runs and ends; “paperproof storage verify --all” "
            "catches up."
        ),
    ),
    Rule(
        "DrillOverdue",
        Severity.WARNING,
        m.DRILL_DUE,
        Fires.LATE,
        0,
        say("A restore drill is overdue."),
        say("Run “paperproof storage drill”."),
    ),
    Rule(
        "DrillFailed",
        Severity.CRITICAL,
        m.DRILL_PASSED,
        Fires.UNDER,
        1,
        say("The last restore drill did not bring everything back."),
        say("“paperproof storage drills” names its faults; mend them and hold it again."),
    ),
    Rule(
        "DrillTooSlow",
        Severity.WARNING,
        m.DRILL_RTO,
        Fires.OVER,
        1,
        say("The last restore drill took {value} times as long as is allowed (RTO)."),
        say("Give restoring more room and quicker disks, or settle on another rto_hours."),
    ),
    Rule(
        "RestoreTooOld",
        Severity.WARNING,
        m.DRILL_RPO,
        Fires.OVER,
        1,
        say("The last restore drill brought a catalog back that was {value} times too old (RPO)."),
        say("See that commands end well: each keeps what changed in the stores."),
    ),
    Rule(
        "CatalogNotKept",
        Severity.WARNING,
        m.BUNDLE_DUE,
        Fires.LATE,
        0,
        say("Changes of the catalog lie in the database alone for longer than is allowed (RPO)."),
        say("Run “paperproof storage nightly” and see what keeps it from ending well."),
    ),
    Rule(
        "LogUnsigned",
        Severity.WARNING,
        m.LOG_SIGN_DUE,
        Fires.LATE,
        0,
        say("Entries of the log wait for a signature for longer than the settings allow."),
        say(
            "Have the audit administrator see that “paperproof audit sign --every 60” runs; “paperproof "
            "audit verify” tells whether the log is whole."
        ),
    ),
    Rule(
        "StationBehind",
        Severity.WARNING,
        m.STATION_DUE,
        Fires.LATE,
        0,
        say(
            "Files wait at station {station} of branch {branch} for longer than the settings allow."
        ),
        say(
            "See whether it is on and its line is up: “paperproof agent status” there tells what it tries; "
            "the files stay with it until the centre has them."
        ),
    ),
    Rule(
        "UploadLate",
        Severity.WARNING,
        m.UPLOAD_DUE,
        Fires.LATE,
        0,
        say("Month {month} of branch {branch} is not with headquarters, and its deadline is over."),
        say(
            "Have the branch run “paperproof upload --month {month}”; “paperproof upload status” tells "
            "what is missing."
        ),
    ),
    Rule(
        "SampleNotDrawn",
        Severity.WARNING,
        m.SAMPLE_DRAW_DUE,
        Fires.LATE,
        0,
        say("The blind sample of {month} is not drawn, and its time is over."),
        say("Have headquarters run “paperproof sample draw --month {month}”."),
    ),
    Rule(
        "SampleNotAnswered",
        Severity.WARNING,
        m.SAMPLE_DUE,
        Fires.LATE,
        0,
        say(
            "The blind sample of {month} is not answered at branch {branch}, and its time is over."
        ),
        say(
            "Have its reviewers run “paperproof sample next”; “paperproof overdue --branch {branch}” names "
            "them."
        ),
    ),
    Rule(
        "RoomOut",
        Severity.CRITICAL,
        m.DISK_ROOM,
        Fires.UNDER,
        1,
        say("The disk of the {place} has less room than must be left; no batch is begun."),
        say("Free room or give the disk more; what was refused is taken in by the next run."),
    ),
    Rule(
        "RoomSmall",
        Severity.WARNING,
        m.DISK_ROOM,
        Fires.UNDER,
        4,
        say("The disk of the {place} is filling: {value} times what must be left is free."),
        say("Free room or give the disk more; quarantine/ and reports/ may be moved away."),
    ),
)
"""All of them; names are those of the headings in the runbook."""
