"""Each of the four checks' items: what is looked at, by which means, and what does not hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from catalog.copies import KeptObject
from flows.parts import Parts
from flows.stores import Stores, locking
from ingest.admission import Opener
from pipeline.archive import LineKind
from pipeline.balance import CatalogedPage
from pipeline.copies import HELD, PLACES, Place
from pipeline.digital import DigitalFile
from pipeline.errors import PageRefused, StoreError
from pipeline.four_checks import CheckFault, CheckLine, Quality
from pipeline.language import Message, say
from pipeline.media import Format
from storage.proof import proved

_STORES = (Place.PRIMARY, Place.REPLICA)


@dataclass(frozen=True)
class Held:
    """A page, or a born-digital file, that is in the archive."""

    name: str
    sha256: str
    key: str
    serial_no: str
    """Empty: it belongs to no transaction."""
    who: str
    """Who scanned it, or took it in."""
    page: CatalogedPage | None = None
    file: DigitalFile | None = None

    @property
    def is_page(self) -> bool:
        """Whether it was scanned."""
        return self.page is not None


@dataclass(frozen=True)
class Looking:
    """What a check looks at."""

    parts: Parts
    stores: Stores
    opener: Opener
    held: tuple[Held, ...]
    days: tuple[tuple[date, str], ...]
    """Business days with their branches."""
    objects: Mapping[str, KeptObject]
    """The register's entries of what is held, by key."""

    def faults(self, wrong: Callable[[Held], Message | None]) -> tuple[CheckFault, ...]:
        """Ask of each thing held what is wrong with it."""
        told = ((one, wrong(one)) for one in self.held)
        return tuple(CheckFault(one.name, why) for one, why in told if why is not None)


def copies_give_their_bytes(looking: Looking) -> CheckLine:
    """Both stores give the very bytes that were stored."""

    def wrong(one: Held) -> Message | None:
        for place, store in looking.stores.healable.items():
            try:
                proved(store, one.key, one.sha256)
            except StoreError as error:
                return say("{place}: {why}", place=PLACES[place], why=error.message)
        return None

    return CheckLine(
        Quality.AUTHENTICITY,
        say("The content is what was captured"),
        say("every byte of both copies read, SHA-256 against the catalog"),
        len(looking.held),
        looking.faults(wrong),
    )


def every_page_said_who(looking: Looking) -> CheckLine:
    """Everything tells who captured it, and every page its checks."""

    def wrong(one: Held) -> Message | None:
        if not one.who.strip():
            return say("nobody is named who captured it")
        return None if one.key in looking.objects else say("the register does not know it")

    return CheckLine(
        Quality.AUTHENTICITY,
        say("Who captured it is on record"),
        say("operator, station and batch of each delivery; register of objects"),
        len(looking.held),
        looking.faults(wrong),
    )


def chain_is_whole(looking: Looking) -> CheckLine:
    """No entry of the log was changed: each follows from the one before."""
    broken = looking.parts.catalog.first_broken_log_entry()
    fault = CheckFault(f"#{broken}", say("does not follow from the entry before it"))
    return CheckLine(
        Quality.AUTHENTICITY,
        say("The log of acts is unaltered"),
        say("hash chain of the log from its first entry; “audit verify” proves its signatures"),
        1,
        () if broken is None else (fault,),
    )


def equation_closed(looking: Looking) -> CheckLine:
    """Each day is closed: its equation balances, and nothing came in since."""

    def faults() -> Iterator[CheckFault]:
        for day, branch in looking.days:
            results = looking.parts.catalog.days.results(day, branch)
            name = f"{branch}/{day.isoformat()}"
            if not results:
                yield CheckFault(name, say("was never closed"))
            elif not results[0].closed or results[0].changed:
                yield CheckFault(name, say("stays open"))

    return CheckLine(
        Quality.INTEGRITY,
        say("Counts against registers"),
        say("closing equation of images, transactions, tasks and papers"),
        len(looking.days),
        tuple(faults()),
    )


def nothing_lacks(looking: Looking) -> CheckLine:
    """Every transaction that is due has what it asks for."""
    meant = {one.serial_no for one in looking.held}
    looked, faults = 0, []
    for day, branch in looking.days:
        rows = {one.serial_no for one in looking.parts.catalog.streams.of_day(day, branch)}
        looked += len(rows)
        for task in looking.parts.catalog.tasks.of_day(day, branch):
            if task.is_missing and (task.serial_no in meant or len(looking.days) == 1):
                faults.append(CheckFault(task.name, say("the paper has no image")))
    return CheckLine(
        Quality.INTEGRITY,
        say("No gap between transactions and images"),
        say("each booked transaction against its capture tasks"),
        looked,
        tuple(faults),
    )


def lines_in_the_archive(looking: Looking) -> CheckLine:
    """Every voucher handed over has its line on the customer's registration form."""
    archives = looking.parts.catalog.archives
    looked, faults = 0, []
    for day, branch in looking.days:
        given = archives.registered(LineKind.RECEIVED, day, branch)
        serials = {one.serial_no for one in looking.held if one.is_page and one.serial_no}
        on_day = {row.serial_no for row in looking.parts.catalog.streams.of_day(day, branch)}
        looked += len(serials & on_day)
        faults += [
            CheckFault(serial, say("its paper is not registered in the customer's archive"))
            for serial in sorted(serials & on_day - given)
        ]
    return CheckLine(
        Quality.INTEGRITY,
        say("Image and paper lead to one another"),
        say("registration form of each customer (客户资料登记表)"),
        looked,
        tuple(faults),
    )


def pages_open(looking: Looking) -> CheckLine:
    """Every page opens; films are known by their container alone."""
    pages = [one for one in looking.held if one.is_page or (one.file and one.file.format.is_page)]

    def wrong(one: Held) -> Message | None:
        try:
            content = looking.stores.vault.read_object(one.key, one.sha256)
            if one.is_page:
                looking.opener.decode(content, one.name)
            else:
                looking.opener.split(content, one.name)
        except (PageRefused, StoreError) as error:
            return error.message
        return None

    told = ((one, wrong(one)) for one in pages)
    return CheckLine(
        Quality.USABILITY,
        say("The content opens"),
        say("each page decoded in the sandbox; films and OFD by their container"),
        len(pages),
        tuple(CheckFault(one.name, why) for one, why in told if why is not None),
    )


def formats_are_kept(looking: Looking) -> CheckLine:
    """Every format is on the list of those that are kept."""
    kept = {form.suffix for form in Format}
    places = looking.parts.catalog.volumes.places({one.sha256 for one in looking.held})

    def wrong(one: Held) -> Message | None:
        suffixes = {place.suffix for place in places.get(one.sha256, ())}
        return None if suffixes and suffixes <= kept else say("is of no format that is kept")

    return CheckLine(
        Quality.USABILITY,
        say("The formats are those that are kept"),
        say("format by content, not by name, against the list of DA/T 31-2017 and docs/digital.md"),
        len(looking.held),
        looking.faults(wrong),
    )


def texts_are_made(looking: Looking) -> CheckLine:
    """Every page has its readable derivative, a searchable PDF/A."""
    made = {
        state.sha256
        for day, branch in looking.days
        for state in looking.parts.catalog.texts.of_day(day, branch)
        if state.text_sha256
    }
    pages = [
        one for one in looking.held if one.is_page and one.page and one.page.state == "admitted"
    ]
    return CheckLine(
        Quality.USABILITY,
        say("A readable copy is there"),
        say("searchable PDF/A of each page (“text make”)"),
        len(pages),
        tuple(
            CheckFault(one.name, say("has no searchable PDF/A"))
            for one in pages
            if one.sha256 not in made
        ),
    )


def refused_stay_out(looking: Looking) -> CheckLine:
    """What was refused at admission, hostile files among them, is in no store."""
    refused = [
        page
        for day, branch in looking.days
        for page in looking.parts.catalog.pages.of_day(day, branch)
        if page.state == "refused" and any(found.check == "Q01" for found in page.findings)
    ]
    kept = {one.sha256 for one in looking.held}
    return CheckLine(
        Quality.SECURITY,
        say("Refused and hostile files are in no store"),
        say("opened in the sandbox only; the day's refused files against what is held"),
        len(refused),
        tuple(
            CheckFault(one.name, say("was refused and is held all the same"))
            for one in refused
            if one.page_id in kept
        ),
    )


def locks_stand(looking: Looking) -> CheckLine:
    """Copies at stores that are to lock are locked now."""
    now, wanted = datetime.now(UTC), locking(looking.parts.settings)

    def wrong(one: Held) -> Message | None:
        found = looking.objects.get(one.key)
        for copy in found.copies if found else ():
            locked = copy.locked_until and copy.locked_until > now
            if copy.place in wanted and copy.state in HELD and not locked:
                return say("is not locked at the {place}", place=PLACES[copy.place])
        return None

    return CheckLine(
        Quality.SECURITY,
        say("Copies are locked against deletion"),
        say("lock of each copy as it was read back last"),
        len(looking.held) if wanted else 0,
        looking.faults(wrong),
    )


def holds_stand(looking: Looking) -> CheckLine:
    """What a legal hold names has a copy in both stores."""
    held = looking.parts.catalog.holds.standing_on([one.key for one in looking.held])

    def wrong(one: Held) -> Message | None:
        if not held.get(one.key):
            return None
        found = looking.objects.get(one.key)
        there = {copy.place for copy in found.copies if copy.state in HELD} if found else set()
        return None if there >= set(_STORES) else say("is under a hold and lacks a copy")

    return CheckLine(
        Quality.SECURITY,
        say("What is under a legal hold stays"),
        say("standing holds against the register of copies"),
        sum(bool(some) for some in held.values()),
        looking.faults(wrong),
    )


def films_have_their_places(looking: Looking) -> CheckLine:
    """Films lie on a disc and on the file server too (CG-06c)."""
    filed = [
        one
        for day, branch in looking.days
        for one in looking.parts.catalog.digital.of_day(day, branch)
    ]
    return CheckLine(
        Quality.SECURITY,
        say("Films lie on disc and file server"),
        say("register of films (“digital films”)"),
        sum(len(one.films) for one in filed),
        tuple(
            CheckFault(f"{one.package.number}/{film.name}", say("lacks a disc or a server"))
            for one in filed
            for _, film in one.films_lacking_a_place
        ),
    )


def viewings_said_why(looking: Looking) -> CheckLine:
    """Everyone who saw a page said what for."""
    viewings = looking.parts.catalog.viewings
    seen = [(one, see) for one in looking.held for see in viewings.of_page(one.sha256)]
    return CheckLine(
        Quality.SECURITY,
        say("Whoever saw it is on record"),
        say("register of viewings: person, purpose, request"),
        len(seen),
        tuple(
            CheckFault(one.name, say("was seen without a purpose"))
            for one, see in seen
            if not see.purpose.strip()
        ),
    )
