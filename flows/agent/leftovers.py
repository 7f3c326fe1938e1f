"""What still lies at a station behind a thin line, and whether headquarters has it (B1-11)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flows.agent.ledger import Entry, Ledger
from flows.agent.line import Line
from ingest.leftovers import Judged, Leftover, leftovers, removed
from pipeline.language import Message, say
from pipeline.sending import Standing


@dataclass(frozen=True)
class StationCheck:
    """One look at the inbox and at the quarantine; raises NoLine where headquarters does not answer."""

    folder: Path
    ledger: Ledger
    line: Line

    def judge(self) -> tuple[Judged, ...]:
        """Say of each file whether headquarters has it in both copies, as it says now."""
        waiting = {one.sha256 for one in self.ledger.open()}
        sent = {one.sha256: one for one in self.ledger.ended()}
        own = self.ledger.folder
        files = list(leftovers(self.folder, without=(own,)))
        if self.ledger.quarantine.is_dir():
            files += leftovers(self.ledger.quarantine)
        return tuple(self._judged(one, waiting, sent.get(one.sha256)) for one in files)

    def remove(
        self, safe: Sequence[Judged], who: str, at: datetime
    ) -> Iterator[tuple[Judged, Message | None]]:
        """Remove files that may go, written down before; give each, and why it is still there."""
        if safe:
            self.ledger.purged(who, at, [one.file.sha256 for one in safe])
        for one in safe:
            yield one, removed(one.file)

    def _judged(self, file: Leftover, waiting: set[str], sent: Entry | None) -> Judged:
        if file.unread is not None:
            return Judged(file, False, file.unread)
        if file.sha256 in waiting:
            return Judged(
                file, False, say("It waits to be sent, or headquarters still works on it.")
            )
        if sent is None:
            return Judged(
                file,
                False,
                say("It was not sent from here of late, so headquarters cannot be asked."),
            )
        told = self.line.standing(sent)
        if told.standing is Standing.ARCHIVED and not told.reasons:
            return Judged(file, True, say("Headquarters says that both copies have it."))
        reason = "; ".join(told.reasons) or sent.reason
        if reason:
            return Judged(file, False, say("Headquarters refused it: {reason}", reason=reason))
        return Judged(file, False, say("Headquarters does not have it in both copies yet."))
