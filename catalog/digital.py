"""The register of born-digital packages; nothing of it is ever changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, func, insert, select

from catalog.copies import in_chunks
from catalog.log import append, append_refused
from catalog.tables import digital_file, digital_package, digital_place
from pipeline.digital import (
    DigitalFile,
    DigitalPackage,
    FiledPackage,
    FilePlace,
    Origin,
    PlaceKind,
)
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.media import Format

Placed = tuple[int, PlaceKind, str]
"""(number of the file, kind, place)."""


class DigitalPackages:
    """Keeps packages and where their films lie; each act with its log line in one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def one(self, number: str) -> FiledPackage:
        """Give a package by its sender's number; raises UserError: none, or several systems have it."""
        found = self._where(digital_package.c.number == number)
        if len(found) != 1:
            raise UserError(
                say(
                    "Several systems sent a package {number}; name its serial number.",
                    number=number,
                )
                if found
                else say("There is no package {number}.", number=number)
            )
        return found[0]

    def known(self, package_id: str) -> FiledPackage | None:
        """Give a package by its identity; None when it is not in."""
        return next(iter(self._where(digital_package.c.id == package_id)), None)

    def of_day(self, day: date, branch: str | None = None) -> tuple[FiledPackage, ...]:
        """Give the packages of a business day, by branch, serial number and package number."""
        wanted = digital_package.c.business_date == day
        if branch is not None:
            wanted &= digital_package.c.branch == branch
        return self._where(wanted)

    def of_transaction(self, day: date, branch: str, serial_no: str) -> tuple[FiledPackage, ...]:
        """Give the packages of a transaction."""
        return tuple(one for one in self.of_day(day, branch) if one.package.serial_no == serial_no)

    def of_month(self, branch: str, first: date, last: date) -> tuple[FiledPackage, ...]:
        """Give a branch's packages of a span of business days, the oldest first."""
        own = digital_package.c.branch == branch
        return self._where(own & digital_package.c.business_date.between(first, last))

    def of_customer(self, number: str) -> tuple[FiledPackage, ...]:
        """Give a customer's packages."""
        return self._where(digital_package.c.customer_no == number)

    def all(self) -> tuple[FiledPackage, ...]:
        """Give all packages, the oldest business day first."""
        return self._where(digital_package.c.id.is_not(None))

    def holders(self, sha256s: Collection[str]) -> tuple[tuple[str, DigitalPackage], ...]:
        """Give (SHA-256, package) where a package in the archive holds one of these files."""
        found: list[str] = []
        with self._engine.connect() as connection:
            for some in in_chunks(sorted(sha256s)):
                query = select(digital_file.c.package_id).where(digital_file.c.sha256.in_(some))
                found += connection.execute(query.distinct()).scalars()
        packages = self._where(digital_package.c.id.in_(sorted(set(found)))) if found else ()
        return tuple(
            (one.sha256, filed.package)
            for filed in packages
            for one in filed.package.files
            if one.sha256 in sha256s
        )

    def sha256s(self) -> tuple[tuple[str, str], ...]:
        """Give (SHA-256, name) of all files, in the order of SHA-256s."""
        query = select(digital_file.c.sha256, func.min(digital_file.c.name))
        query = query.group_by(digital_file.c.sha256).order_by(digital_file.c.sha256)
        with self._engine.connect() as connection:
            return tuple((row[0], row[1]) for row in connection.execute(query))

    def enter(
        self, package: DigitalPackage, note_key: str, places: Sequence[Placed], by: str
    ) -> None:
        """Enter a package that both stores hold, with its files and where they lie, and its log entry."""
        at = datetime.now(UTC)
        with self._engine.begin() as connection:
            connection.execute(insert(digital_package).values(_row(package, note_key, by, at)))
            rows = [
                {"package_id": package.id, "file_no": no, **vars(one)}
                for no, one in enumerate(package.files, start=1)
            ]
            connection.execute(insert(digital_file), rows)
            for act_no, one in enumerate(places, start=1):
                _place(connection, package.id, act_no, one, by, at)
            append(
                connection,
                by,
                "digital.take_in",
                package.id,
                branch=package.branch,
                origin=str(package.origin),
                files=len(package.files),
                after=note_key.rpartition("/")[2].partition(".")[0],
            )

    def refused(self, branch: str, reason: Message, by: str) -> None:
        """Enter that a package was refused, with the sentence that was told."""
        told = reason.in_language("en")
        append_refused(self._engine, by, "digital.take_in", branch, told)

    def place(self, number: str, placed: Placed, by: str) -> FiledPackage:
        """Enter that a file lies on a disc or a server; the last entry of its kind counts."""
        filed = self.one(number)
        key = filed.package.id
        with self._engine.begin() as connection:
            of_package = digital_place.c.package_id == key
            last = select(func.max(digital_place.c.act_no)).where(of_package)
            act_no = (connection.execute(last).scalar() or 0) + 1
            _place(connection, key, act_no, placed, by, datetime.now(UTC))
            append(connection, by, "digital.place", key, file=placed[0], kind=str(placed[1]))
        return self.one(number)

    def _where(self, wanted: ColumnElement[bool]) -> tuple[FiledPackage, ...]:
        heads = select(digital_package).where(wanted)
        heads = heads.order_by(
            digital_package.c.business_date,
            digital_package.c.branch,
            digital_package.c.serial_no,
            digital_package.c.number,
        )
        ids = select(digital_package.c.id).where(wanted)
        files: dict[str, list[DigitalFile]] = {}
        places: dict[str, list[FilePlace]] = {}
        with self._engine.connect() as connection:
            packages = connection.execute(heads).all()
            if not packages:
                return ()
            query = select(digital_file).where(digital_file.c.package_id.in_(ids))
            for row in connection.execute(query.order_by(digital_file.c.file_no)):
                files.setdefault(row.package_id, []).append(_file(row))
            acts = select(digital_place).where(digital_place.c.package_id.in_(ids))
            for row in connection.execute(acts.order_by(digital_place.c.act_no)):
                told = FilePlace(row.file_no, PlaceKind(row.kind), row.place, row.person, row.at)
                places.setdefault(row.package_id, []).append(told)
            return tuple(
                FiledPackage(
                    _package(row, files[row.id]), row.person, row.at, tuple(places.get(row.id, ()))
                )
                for row in packages
            )


def _place(
    connection: Connection, package_id: str, act_no: int, placed: Placed, by: str, at: datetime
) -> None:
    file_no, kind, place = placed
    keys = {"package_id": package_id, "file_no": file_no, "act_no": act_no}
    values = {"kind": str(kind), "place": place, "person": by, "at": at}
    connection.execute(insert(digital_place).values(keys | values))


def _row(package: DigitalPackage, note_key: str, by: str, at: datetime) -> dict[str, Any]:
    return {
        "id": package.id,
        "number": package.number,
        "origin": str(package.origin),
        "branch": package.branch,
        "business_date": package.day,
        "serial_no": package.serial_no,
        "customer_no": package.customer_no,
        "made_at": package.made_at,
        "note_key": note_key,
        "person": by,
        "at": at,
    }


def _package(row: Row[Any], files: Sequence[DigitalFile]) -> DigitalPackage:
    return DigitalPackage(
        *(row.number, Origin(row.origin), row.branch, row.business_date),
        *(row.serial_no, row.customer_no, row.made_at, tuple(files)),
    )


def _file(row: Row[Any]) -> DigitalFile:
    return DigitalFile(
        *(row.name, row.document_type, row.sha256, row.byte_count),
        *(Format(row.format), row.captured_at),
    )
