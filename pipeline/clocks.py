"""What is due when: capture by the end of T, review by T+1, and by how much an act came late (CG-16.4).

T is the business date of the transaction, also where business is done on a make-up working day without
trading; the days after it are counted on the trading-day calendar unless set otherwise (settings K1, K2,
K4, K5 in docs/decisions/0015-clocks.md). Days begin and end in Shanghai, whatever zone a moment is told in.
Nothing here is kept: a due moment is computed from day, settings and calendar each time, so that a year's
notice moves every deadline that rested on its guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field

from pipeline.calendar import DayKind, Deadline, TradingCalendar
from pipeline.language import Message, say

ZONE = ZoneInfo("Asia/Shanghai")
_DAY = timedelta(days=1)
_Days = Annotated[str, Field(pattern=r"^T(\+[1-9])?$")]
"""A day told from T: "T", "T+1" and so on."""


@dataclass(frozen=True)
class SlaRules:
    """Settings of the clocks; the defaults are the rules' own, the numbers those of checks_and_settings."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    capture: _Days = "T"
    """Day by which a voucher must be captured (K4, CG-16.4a)."""
    capture_cutoff: Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")] = "24:00"
    """Time of that day, in Shanghai; "24:00" is its end."""
    review_deadline: _Days = "T+1"
    """Day by which it must be reviewed, and what does not agree be settled (K1, CG-16.4b)."""
    inclusive: bool = True
    """Whether that day itself still counts; false: before it, so that T+1 means the end of T."""
    calendar: DayKind = DayKind.TRADING
    """Which days are counted after T (K5)."""
    rectify_days: Annotated[int, Field(ge=1, le=30)] = 3
    """Days in which what was refused must be put right (K4; B2-40)."""
    answer_days: Annotated[int, Field(ge=1, le=30)] = 2
    """Days in which a difference must be explained (K4; DK-26)."""
    upload_nth: Annotated[int, Field(ge=1, le=10)] = 5
    """Day of the month by which the previous month is with headquarters (K2, CG-16.4c)."""
    upload_inclusive: bool = True
    upload_day_kind: DayKind = DayKind.WORKING
    sample_draw_nth: Annotated[int, Field(ge=1, le=10)] = 3
    """Day of the month, of the kind of ``calendar``, by which the last month's sample is drawn (K18)."""
    sample_answer_nth: Annotated[int, Field(ge=1, le=10)] = 8
    """Day by which all of it is answered."""


@dataclass(frozen=True)
class Due:
    """Until when something may be done."""

    before: datetime
    """The first moment that is too late, in Shanghai."""
    provisional: bool = False
    """True where it rests on a year whose holidays are not published yet."""

    @property
    def day(self) -> date:
        """The last day on which it may be done."""
        return (self.before - timedelta.resolution).date()

    def __str__(self) -> str:
        """As people say it: the end of a day is its 24:00."""
        if self.before.time() == time():
            return f"{self.day.isoformat()} 24:00"
        return f"{self.before:%Y-%m-%d %H:%M}"

    def delay(self, moment: datetime) -> timedelta | None:
        """How late an aware moment is; None when it is in time."""
        late = moment - self.before
        return late if late >= timedelta() else None


class Rule(StrEnum):
    """Which deadline holds for something."""

    CAPTURE = "capture"
    REVIEW = "review"
    RECTIFY = "rectify"
    ANSWER = "answer"
    RETURN = "return"
    SAMPLE = "sample"


RULES: Mapping[Rule, Message] = {
    Rule.CAPTURE: say("capture"),
    Rule.REVIEW: say("review and settling"),
    Rule.RECTIFY: say("putting right what was refused"),
    Rule.ANSWER: say("explaining a difference"),
    Rule.RETURN: say("bringing papers back"),
    Rule.SAMPLE: say("blind sample"),
}


@dataclass(frozen=True)
class Deadlines:
    """What is due for the vouchers of one business date."""

    capture_by: Due
    review_by: Due
    answer_by: Due
    """When a difference between paper and images must be explained."""
    rectify_by: Callable[[datetime], Due]
    """When what was refused at a moment must be put right; a refusal after T moves nothing else (K4)."""

    def of(self, rule: Rule, refused_at: datetime | None = None) -> Due:
        """Return until when something may be done; ``refused_at``: of what was refused, where known."""
        if rule is Rule.RECTIFY and refused_at is not None:
            return self.rectify_by(refused_at)
        if rule is Rule.CAPTURE:
            return self.capture_by
        return self.answer_by if rule is Rule.ANSWER else self.review_by


class LateKind(StrEnum):
    """What came late; the words are part of the command line's contract."""

    CAPTURE = "LATE_CAPTURE"
    REVIEW = "LATE_REVIEW"


@dataclass(frozen=True)
class Late:
    """Pages of one batch and operator that were captured late, or tasks that one person reviewed late."""

    kind: LateKind
    batch: str
    person: str
    pages: tuple[str, ...]
    """Names of the pages; of the tasks where it was reviewed."""
    last: datetime
    """When it was done for the last of them."""
    due: Due

    @property
    def delay(self) -> timedelta:
        """By how much the last of them is late."""
        return self.last - self.due.before

    @property
    def message(self) -> Message:
        """What came late and by how much, in one sentence."""
        words = {
            "count": len(self.pages),
            "person": self.person,
            "delay": told_delay(self.delay),
            "due": str(self.due),
        }
        if self.kind is LateKind.REVIEW:
            return say(
                "Reviewed late: {count} tasks by {person}, the last of them {delay} after {due}.",
                **words,
            )
        return say(
            "Captured late: {count} pages of batch {batch} by {person}, the last of them {delay} after "
            "{due}.",
            batch=self.batch,
            **words,
        )


def deadlines(day: date, rules: SlaRules, calendar: TradingCalendar) -> Deadlines:
    """Return what is due for business of ``day``; raises UserError for days before the calendar."""
    captured = calendar.nth_after(day, _count(rules.capture), rules.calendar)
    nth = _count(rules.review_deadline)
    # "before T+n" ends with the day that is counted before it: for T+1 with T itself (K1, strict).
    reviewed = calendar.nth_after(day, nth if rules.inclusive else max(nth - 1, 0), rules.calendar)
    return Deadlines(
        capture_by=Due(_at(captured.date, rules.capture_cutoff), captured.provisional),
        review_by=_end_of(reviewed),
        answer_by=_days_after(day, rules.answer_days, rules, calendar),
        rectify_by=lambda refused_at: _days_after(
            refused_at.astimezone(ZONE).date(), rules.rectify_days, rules, calendar
        ),
    )


def _days_after(day: date, count: int, rules: SlaRules, calendar: TradingCalendar) -> Due:
    """Return the end of the ``count``-th day after ``day``, of the kind that ``rules`` counts."""
    return _end_of(calendar.nth_after(day, count, rules.calendar))


def upload_by(year: int, month: int, rules: SlaRules, calendar: TradingCalendar) -> Due:
    """Return until when the month before this one is to be with headquarters.

    Raises UserError where the month has fewer days of the kind counted.
    """
    found = calendar.nth_of_month(year, month, rules.upload_nth, rules.upload_day_kind)
    end = _end_of(found)
    return end if rules.upload_inclusive else Due(end.before - _DAY, end.provisional)


@dataclass(frozen=True)
class SampleDays:
    """Until when a month's blind sample is drawn, and until when it is answered."""

    draw_by: Due
    answer_by: Due


def sample_by(month: date, rules: SlaRules, calendar: TradingCalendar) -> SampleDays:
    """Return what is due for the sample of a month, named by its first day: in the month behind it."""
    year, number = month.year + month.month // 12, month.month % 12 + 1
    draw, answer = (
        _end_of(calendar.nth_of_month(year, number, nth, rules.calendar))
        for nth in (rules.sample_draw_nth, rules.sample_answer_nth)
    )
    return SampleDays(draw, answer)


def told_delay(delay: timedelta) -> Message:
    """Tell a delay in days and hours, or in hours and minutes where it is less than a day."""
    hours, minutes = divmod(int(delay.total_seconds()) // 60, 60)
    if hours >= 24:
        return say("{days} d {hours} h", days=hours // 24, hours=hours % 24)
    return say("{hours} h {minutes} min", hours=hours, minutes=minutes)


def unpublished(today: date, calendar: TradingCalendar) -> int | None:
    """Return the year whose holidays should be known by now and are not; None when all is well.

    The State Council publishes the next year's in November; from 1 December its absence is an alarm.
    """
    if not calendar.is_published(today.year):
        return today.year
    following = today.year + 1
    return following if today.month == 12 and not calendar.is_published(following) else None


def _count(told: str) -> int:
    return int(told[2:] or 0)


def _end_of(found: Deadline) -> Due:
    return Due(_at(found.date, "24:00"), found.provisional)


def _at(day: date, cutoff: str) -> datetime:
    if cutoff == "24:00":
        return datetime.combine(day + _DAY, time(), ZONE)
    return datetime.combine(day, time.fromisoformat(cutoff), ZONE)
