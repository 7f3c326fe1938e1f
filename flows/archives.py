"""What is registered in the archives of customers: papers that came into store, and first images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from flows.parts import Parts
from pipeline.archive import LineKind, Material, bound_as
from pipeline.balance import BranchDay
from pipeline.handover import Handover, ItemState
from pipeline.model import Transaction
from pipeline.profile import Profile


def materials(parts: Parts, handover: Handover) -> Mapping[str, Material]:
    """Give what each item of a hand-over would be registered as, by serial number.

    An item whose transaction is not booked any more is not among them.
    """
    pages = {item.serial_no: item.papers for item in handover.items}
    return _of_day(parts, handover.day, handover.branch, pages)


def open_archives(parts: Parts, result: BranchDay, by: str) -> int:
    """Make the archives of customers whose first image a closing matched (CG-15a); gives how many."""
    pages = {match.serial_no: len(match.pages) for match in result.matches}
    found = _of_day(parts, result.day, result.branch, pages).values()
    known = parts.catalog.archives.with_archive(one.customer_no for one in found)
    return parts.catalog.archives.open((one for one in found if one.customer_no not in known), by)


def file_earlier(parts: Parts, by: str) -> int:
    """Register what came into store before there were archives; gives the number of lines added."""
    archives, count = parts.catalog.archives, 0
    for handover in parts.catalog.handovers.all():
        held = archives.registered(LineKind.RECEIVED, handover.day, handover.branch)
        found = materials(parts, handover)
        left = [
            found[item.serial_no]
            for item in handover.of(ItemState.IN_STORE)
            if item.serial_no in found and item.serial_no not in held
        ]
        count += len(archives.register(LineKind.RECEIVED, left, by))
    return count


def category_of(profile: Profile, business: str, day: date) -> str:
    """Return the category of a business's principal paper; empty where the profile has not the business."""
    known = profile.businesses.get(business)
    if known is None:
        return ""
    version = known.version_on(day) or known.tasks[0]
    return profile.types[version.required[0]].category


def _of_day(parts: Parts, day: date, branch: str, pages: Mapping[str, int]) -> dict[str, Material]:
    rows = [row for row in parts.catalog.streams.of_day(day, branch) if row.serial_no in pages]
    owners = _owners(parts, rows)
    profile = parts.profile_on(day)
    return {
        row.serial_no: _material(parts, profile, row, pages[row.serial_no], owners) for row in rows
    }


def _owners(parts: Parts, rows: Iterable[Transaction]) -> Mapping[str, str]:
    """Customer number -> owner branch, as the customer master has it."""
    known = parts.catalog.customers.of_numbers({row.customer_no for row in rows})
    return {number: one.owner_branch for number, one in known.items()}


def _material(
    parts: Parts, profile: Profile, row: Transaction, pages: int, owners: Mapping[str, str]
) -> Material:
    category = category_of(profile, row.business_code, row.business_date)
    rules = parts.settings.paper
    return Material(
        customer_no=row.customer_no,
        owner_branch=parts.catalog.branches.successions().heir(
            owners.get(row.customer_no, row.owner_branch)
        ),
        branch=row.handling_branch,
        day=row.business_date,
        serial_no=row.serial_no,
        content=row.business_name,
        category=category,
        pages=pages,
        bound_as=bound_as(row.business_code, category, row.business_date, rules),
    )
