"""The way through the site: each entry is shown to those who may go there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.access.acts import Act
from pipeline.language import Message, say

if TYPE_CHECKING:
    from web.visit import Visit


@dataclass(frozen=True)
class Entry:
    """A place of the site."""

    path: str
    title: Message
    purpose: Message
    """What one does there, for the first page."""
    act: Act
    also: tuple[Act, ...] = ()
    """Who may do one of these is shown the place too."""

    def open_to(self, visit: Visit) -> bool:
        """Whether the person may go there."""
        return any(visit.may(one) or visit.granted(one) for one in (self.act, *self.also))


ENTRIES: tuple[Entry, ...] = (
    Entry(
        "/station",
        say("Scan station"),
        say("Send scans in, see at once what is refused and which papers are still missing."),
        Act.STATION_VIEW,
    ),
    Entry(
        "/review",
        say("Review"),
        say("Pass or reject what others captured, page beside transaction, without the mouse."),
        Act.TASK_REVIEW,
    ),
    Entry(
        "/keying",
        say("Keying"),
        say("Key what could not be read surely, from its place on the page."),
        Act.PAGE_KEY,
    ),
    Entry(
        "/worklist",
        say("Discrepancies"),
        say("What closings left to people: give it to somebody, explain it, settle it with proof."),
        Act.MISMATCH_VIEW,
    ),
    Entry(
        "/handover",
        say("Hand-over"),
        say("Give a day's papers to the archivist, or take them into store, item by item."),
        Act.HANDOVER_VIEW,
    ),
    Entry(
        "/shelf",
        say("Shelf list"),
        say("Which customer's bag lies where, to print and to move bags by."),
        Act.SHELF_VIEW,
    ),
    Entry(
        "/reading",
        say("Reading room"),
        say(
            "Papers read on the spot under an approved request: who has which, and when it comes back."
        ),
        Act.SHELF_VIEW,
    ),
    Entry(
        "/archive",
        say("Customer archive"),
        say("A customer's transactions and pages, and all that ever happened to each page."),
        Act.CUSTOMER_VIEW,
    ),
    Entry(
        "/monitor",
        say("Monitor"),
        say("How far each branch is on each day, what is late, and how the copies stand."),
        Act.MONITOR_VIEW,
    ),
    Entry(
        "/uploads",
        say("Months"),
        say("How far each branch's month is with headquarters, and who is late."),
        Act.MONITOR_VIEW,
    ),
    Entry(
        "/requests",
        say("Access requests"),
        say("Ask to see a customer's papers, and decide on what others ask."),
        Act.ACCESS_REQUEST,
    ),
    Entry(
        "/secrecy/of",
        say("Levels of secrecy"),
        say(
            "Raise or lower how secret an archive, a page or a package is; another person confirms."
        ),
        Act.SECRECY_SET,
    ),
    Entry(
        "/secrecy",
        say("Access lists"),
        say("Who may know what is secret, level by level."),
        Act.SECRECY_VIEW,
    ),
    Entry(
        "/evidence",
        say("Evidence"),
        say("All that is known of one transaction, in one signed file that proves itself."),
        Act.EVIDENCE_MAKE,
    ),
    Entry(
        "/exports",
        say("Packages that leave"),
        say(
            "Encrypted packages for others: ask, approve, make, and hand package and key over apart."
        ),
        Act.EXPORT_MAKE,
    ),
    Entry(
        "/audit",
        say("Log"),
        say("Search everything done and seen, and certify that an entry stands in the signed log."),
        Act.AUDIT_READ,
    ),
    Entry(
        "/access",
        say("Reports on access"),
        say("Viewings that stand out, the separation of roles, who may what."),
        Act.ACCESS_REPORT,
    ),
)


ADMINISTRATION = Entry(
    "/admin",
    say("Administration"),
    say("Accounts and roles, profile and settings, calendar, stores."),
    Act.SETTINGS_VIEW,
    (Act.STAFF_VIEW,),
)


def entries(visit: Visit) -> tuple[Entry, ...]:
    """Give the places that a person may go to, in the order of a day's work."""
    return tuple(one for one in (*ENTRIES, ADMINISTRATION) if one.open_to(visit))


def place_of(path: str, places: tuple[Entry, ...]) -> Entry | None:
    """Give the place that a page belongs to, None where it belongs to none: places lie in one another."""
    around = [one for one in places if f"{path}/".startswith(f"{one.path}/")]
    return max(around, key=lambda one: len(one.path), default=None)
