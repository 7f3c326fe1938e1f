"""Born-digital packages as tables: those alone whose level of secrecy the person may know (BM-01)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flows.access import Guard
from flows.secrecy import Secrecy
from flows.terminal import Terminal, moment
from pipeline.clocks import ZONE
from pipeline.copies import size
from pipeline.digital import ORIGINS, FiledPackage
from pipeline.language import say


def known_packages(
    terminal: Terminal, guard: Guard, filed: Sequence[FiledPackage]
) -> list[FiledPackage]:
    """Give the packages that somebody may know, and tell how many are left out."""
    known = Secrecy(guard.parts).known_packages(guard.person, filed, datetime.now(ZONE))
    if len(known) < len(filed):
        count = len(filed) - len(known)
        terminal.tell(
            say(
                "{count} packages are secret and left out: you are not on their access list.",
                count=count,
            )
        )
    return known


def show_packages(terminal: Terminal, filed: Sequence[FiledPackage]) -> None:
    """Tell packages as a table."""
    lang = terminal.lang
    terminal.table(
        say("{count} born-digital packages", count=len(filed)),
        (
            *(say("Package"), say("Origin"), say("Branch"), say("Day"), say("Serial number")),
            *(say("Customer"), say("Files"), say("Size"), say("Taken in"), say("Person")),
        ),
        [
            (
                *(one.package.number, ORIGINS[one.package.origin].in_language(lang)),
                *(one.package.branch, one.package.day.isoformat(), one.package.serial_no),
                *(one.package.customer_no, str(len(one.package.files))),
                size(sum(file.byte_count for file in one.package.files)),
                *(moment(one.at), one.person),
            )
            for one in filed
        ],
    )
