"""Headquarters without a network: what the API's handlers do, in the agent's own process."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from catalog.stations import StationReport
from flows.agent.ledger import Entry
from flows.agent.line import Clock, Debt, NotTaken, Told
from flows.parts import Parts
from flows.pieces import FileStanding, SentFile, receive_piece, standing_of
from flows.uploads import Uploads
from pipeline.errors import UserError
from pipeline.model import Batch
from pipeline.sending import Standing


@dataclass
class DirectLine:
    parts: Parts
    uploads: Uploads
    take_in: Callable[[Batch], None]
    """What is whole is taken in at once, and what an earlier run left when it is asked for."""

    def standing(self, entry: Entry) -> Told:
        found = standing_of(self.parts, self.uploads, sent(entry))
        if found.standing is Standing.WAITING:
            self.take_in(sent(entry).batch)
            found = standing_of(self.parts, self.uploads, sent(entry))
        return told(found)

    def piece(self, entry: Entry, offset: int, content: bytes) -> Told:
        try:
            found = receive_piece(self.uploads, sent(entry), entry.byte_count, offset, content)
        except UserError as error:
            raise NotTaken(error.message) from error
        if found.standing is Standing.WAITING:
            self.take_in(sent(entry).batch)
        return told(found)

    def report(self, branch: str, station: str, agent: str, debt: Debt) -> Clock:
        now = datetime.now(UTC)
        given = StationReport(
            branch, station, agent, "wang", now, debt.files, debt.byte_count, None, debt.refused,
            0.0, "",
        )  # fmt: skip
        return Clock(now, self.parts.catalog.stations.report(given))


def sent(entry: Entry) -> SentFile:
    batch = Batch(entry.branch, entry.day, entry.station, "wang", entry.batch)
    return SentFile(batch, entry.name, entry.sha256)


def told(found: FileStanding) -> Told:
    reasons = [
        finding.message.in_language("en")
        for page in found.pages
        if page.state == "refused"
        for finding in page.findings
    ]
    return Told(found.standing, found.received, tuple(reasons))
