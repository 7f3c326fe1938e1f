"""An agent's round: what was scanned is spooled, sent in pieces, and leaves the inbox once it is archived.

Every step may run twice; a crash anywhere leaves the file in the inbox until headquarters has both copies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO

from flows.agent.ledger import Entry, Ledger, State
from flows.agent.line import Debt, Line, NoLine, NotTaken, Throttle, Told
from flows.uploads import checked_name
from ingest.inbox import ClaimRules, NotYet, claim, file_name, release, scan_files
from pipeline.clocks import ZONE
from pipeline.errors import Full, PageRefused, PaperproofError, UserError, refused_by_system
from pipeline.language import Message, say
from pipeline.sending import MOST_PIECE, Standing
from storage.disk import named

STEPS = ("claimed", "noted", "piece", "sent", "told", "set_aside", "left", "ended")
"""The named steps of a file's way, for tests that kill there."""

_LEAST_PIECE, _FIRST_PIECE = 16 << 10, 128 << 10
_QUICK_SECONDS = 1.0
"""A piece that takes less lets the next be twice as large."""


@dataclass
class Round:
    """What a round came to."""

    byte_count: int = 0
    """Bytes that headquarters took."""
    sent: int = 0
    archived: int = 0
    refused: int = 0
    left: dict[str, Message] = field(default_factory=dict)
    """Files of the inbox that cannot be sent, and why."""
    trouble: Message | None = None
    """What kept the round from going on."""
    seconds: float = 0
    """So long headquarters asked to be left alone."""


@dataclass
class Agent:
    """One station's agent."""

    folder: Path
    """The scanner's inbox."""
    ledger: Ledger
    line: Line
    branch: str
    station: str
    batch: str
    day: date | None = None
    """Business date of what is scanned; None: today in China, by headquarters' clock."""
    rules: ClaimRules = field(default_factory=ClaimRules)
    throttle: Throttle = field(default_factory=lambda: Throttle(0))
    now: Callable[[], datetime] = lambda: datetime.now(ZONE)
    at: Callable[[str], None] = lambda _: None
    skew: timedelta = timedelta()
    """By so much this machine's clock is ahead of headquarters'."""
    shared: bool = False
    """Whether another agent reports under this station's name."""
    _piece: int = _FIRST_PIECE

    def round(self) -> Round:
        """Do all that can be done now; what cannot waits for the next round, and is told."""
        done = Round()
        try:
            with named(self.ledger.folder):
                self._gather(done)
                try:
                    self._forward_all(done)
                finally:
                    self.ledger.clear_spool()
                self._report()
        except NoLine as error:
            done.trouble, done.seconds = error.message, error.seconds
        except PaperproofError as error:
            done.trouble = error.message
        except OSError as error:
            done.trouble = say(
                "The station's disk cannot be used ({why}); nothing is lost, look at {path}.",
                why=refused_by_system(error),
                path=error.filename,
            )
        return done

    def debt(self) -> Debt:
        """What headquarters has not archived yet."""
        waiting = self.ledger.open()
        ages = [(self.now() - one.noted_at).total_seconds() for one in waiting]
        total = sum(one.byte_count for one in waiting)
        return Debt(len(waiting), total, max(0.0, 0.0, *ages), self.ledger.refused())

    def _gather(self, done: Round) -> None:
        """Copy what is new and whole in the inbox into the spool, and note it."""
        noted = self.ledger.open()
        known = {(one.source, one.mark) for one in noted}
        number = max((one.number for one in noted), default=0)
        for path in scan_files(self.folder):
            name = file_name(self.folder, path)
            source = str(path.relative_to(self.folder))
            if (source, _mark(path)) in known:
                continue
            try:
                checked_name(name)
                claimed = claim(path, self.folder, self.ledger.spool, self.rules)
            except Full as error:
                done.left[name] = error.message
                return  # what follows would not fit either, and what is spooled may be sent
            except (PageRefused, UserError) as error:
                done.left[name] = error.message
                continue
            if isinstance(claimed, NotYet):
                continue
            if claimed.refusal is not None:
                done.left[name] = claimed.refusal.message
                continue
            self.at("claimed")
            number += 1
            self.ledger.keep(
                Entry(
                    name,
                    source,
                    claimed.sha256,
                    claimed.byte_count,
                    claimed.mark,
                    self.branch,
                    self.station,
                    self.day or self._today(),
                    self.batch,
                    self.now(),
                    number,
                )
            )
            self.at("noted")

    def _today(self) -> date:
        return (self.now() - self.skew).astimezone(ZONE).date()

    def _forward_all(self, done: Round) -> None:
        """Bring each file as far as it goes, in order; behind one that waits no sent one is asked for."""
        one_waits = False
        for entry in self.ledger.open():
            if entry.state is State.SENT and one_waits:
                continue
            try:
                one_waits |= self._forward(entry, done) in (Standing.WAITING, Standing.OWED)
            except NotTaken as error:  # another may be taken
                done.trouble = done.left[entry.name] = error.message

    def _forward(self, entry: Entry, done: Round) -> Standing:
        """Bring one file as far as it goes."""
        told = self.line.standing(entry)
        if told.standing is Standing.REFUSED and entry.state is State.WAITING:
            told = Told(
                Standing.UNKNOWN
            )  # it may be an older file of this name: sent, it is judged
        if told.standing in (Standing.UNKNOWN, Standing.RECEIVING):
            told = self._send(entry, told.received, done)
            done.sent += 1
        self.at("told")
        if told.standing is Standing.ARCHIVED:
            self._end(replace(entry, state=State.ARCHIVED, reason="; ".join(told.reasons)))
            done.archived += 1
        elif told.standing is Standing.REFUSED:
            self._end(replace(entry, state=State.REFUSED, reason="; ".join(told.reasons)))
            done.refused += 1
        elif entry.state is State.WAITING:
            self.ledger.keep(replace(entry, state=State.SENT))
        return told.standing

    def _send(self, entry: Entry, offset: int, done: Round) -> Told:
        """Send what headquarters lacks of a file; pieces grow on a quick line, and shrink on a bad one."""
        told = Told(Standing.RECEIVING, offset)
        try:
            with (self.ledger.spool / entry.sha256).open("rb") as content:
                while told.standing is Standing.RECEIVING:
                    before = told.received
                    told = self._sent(entry, before, content)
                    done.byte_count += max(told.received - before, 0)
        except (NotTaken, FileNotFoundError) as error:
            if self._spooled_well(entry):
                raise
            self.ledger.forget(entry)  # the inbox has it: it is claimed again
            raise NoLine(
                say("The copy of {name} on the station's disk is damaged.", name=entry.name)
            ) from error
        self.at("sent")
        return told

    def _sent(self, entry: Entry, offset: int, content: IO[bytes]) -> Told:
        """Send one piece; one that breaks off is tried again smaller, at once: the line is up, but thin."""
        while True:
            content.seek(offset)
            piece = content.read(self._piece)
            self.at("piece")
            began = self.now()
            try:
                told = self.line.piece(entry, offset, piece)
            except NoLine as error:
                if self._piece == _LEAST_PIECE or error.seconds:
                    raise
                self._piece = max(self._piece // 2, _LEAST_PIECE)
                continue
            if (self.now() - began).total_seconds() < _QUICK_SECONDS:
                self._piece = min(self._piece * 2, MOST_PIECE)
            self.throttle.after(len(piece))
            return told

    def _spooled_well(self, entry: Entry) -> bool:
        try:
            with (self.ledger.spool / entry.sha256).open("rb") as copy:
                return hashlib.file_digest(copy, "sha256").hexdigest() == entry.sha256
        except FileNotFoundError:
            return False

    def _end(self, entry: Entry) -> None:
        """Take a file out of the inbox: both copies have it, or it is in quarantine with its reason."""
        if entry.state is State.REFUSED:
            self.ledger.set_aside(entry)
            self.at("set_aside")
        release(entry.claimed(self.folder, self.ledger.spool))
        self.at("left")
        self.ledger.end(entry)
        self.at("ended")

    def _report(self) -> None:
        told = self.line.report(self.branch, self.station, self.ledger.agent, self.debt())
        self.skew = self.now() - told.now
        self.shared = told.shared


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
