"""The packages that go up to headquarters month by month, their pages and their acts (CG-16.4c)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, func, insert, select
from sqlalchemy.exc import IntegrityError

from catalog.copies import in_chunks
from catalog.log import append
from catalog.tables import (
    batch,
    delivery,
    digital_file,
    digital_package,
    monthly_act,
    monthly_package,
    monthly_page,
    page,
)
from pipeline.errors import UserError
from pipeline.language import say
from pipeline.monthly import Month, Package, PackageAct, PackageActKind

_ADMITTED = "admitted"


class Monthly:
    """Keeps packages; each act with its log line in one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def packages(
        self, month: Month, branches: Collection[str] | None = None
    ) -> tuple[Package, ...]:
        """Give a month's packages by branch and number; ``branches``: whose, None: of all."""
        chosen = monthly_package.c.month == str(month)
        if branches is not None:
            chosen &= monthly_package.c.branch.in_(sorted(branches))
        query = select(monthly_package).where(chosen)
        with self._engine.connect() as connection:
            acts: dict[tuple[str, int], list[PackageAct]] = {}
            of_month = select(monthly_act).where(monthly_act.c.month == str(month))
            for row in connection.execute(of_month.order_by(monthly_act.c.act_no)):
                act = PackageAct(PackageActKind(row.kind), row.person, row.at, row.note)
                acts.setdefault((row.branch, row.no), []).append(act)
            rows = connection.execute(
                query.order_by(monthly_package.c.branch, monthly_package.c.no)
            )
            return tuple(_package(row, acts.get((row.branch, row.no), ())) for row in rows)

    def new_files(self, branch: str, month: Month) -> tuple[str, ...]:
        """Give SHA-256 of files of the month's born-digital packages that did not go up yet."""
        gone = select(monthly_page.c.sha256).where(
            monthly_page.c.branch == branch, monthly_page.c.month == str(month)
        )
        query = (
            _DIGITAL.with_only_columns(digital_file.c.sha256)
            .where(_digital_of(month), digital_package.c.branch == branch)
            .where(digital_file.c.sha256.not_in(gone))
            .distinct()
        )
        with self._engine.connect() as connection:
            return tuple(sorted(connection.execute(query).scalars()))

    def new_pages(self, branch: str, month: Month) -> tuple[str, ...]:
        """Give SHA-256 of the month's admitted pages that are in no package yet."""
        gone = select(monthly_page.c.sha256).where(
            monthly_page.c.branch == branch, monthly_page.c.month == str(month)
        )
        query = (
            select(delivery.c.sha256)
            .join(batch, batch.c.id == delivery.c.batch_id)
            .where(_of(month), batch.c.branch == branch, delivery.c.sha256.not_in(gone))
            .distinct()
        )
        with self._engine.connect() as connection:
            return tuple(sorted(connection.execute(query).scalars()))

    def byte_counts(self, sha256s: Collection[str]) -> Mapping[str, int]:
        """Give how many bytes pages have."""
        found: dict[str, int] = {}
        with self._engine.connect() as connection:
            for some in in_chunks(sorted(sha256s)):
                rows = select(page.c.sha256, page.c.byte_count).where(page.c.sha256.in_(some))
                found.update({row.sha256: row.byte_count for row in connection.execute(rows)})
        return found

    def counts(
        self, month: Month, branches: Collection[str] | None
    ) -> Mapping[str, tuple[int, int, Mapping[int, int]]]:
        """Give each branch's pages and born-digital files of a month, and how many went into each package.

        What was scanned and sent as a file alike counts as a page.
        """
        query = (
            select(batch.c.branch, func.count(delivery.c.sha256.distinct()).label("pages"))
            .join(delivery, batch.c.id == delivery.c.batch_id)
            .where(_of(month))
            .group_by(batch.c.branch)
        )
        gone = (
            select(monthly_page.c.branch, monthly_page.c.no, func.count().label("pages"))
            .where(monthly_page.c.month == str(month))
            .group_by(monthly_page.c.branch, monthly_page.c.no)
        )
        scanned = (
            select(delivery.c.id)
            .join(batch, batch.c.id == delivery.c.batch_id)
            .where(_of(month), batch.c.branch == digital_package.c.branch)
            .where(delivery.c.sha256 == digital_file.c.sha256)
            .correlate(digital_package, digital_file)
        )
        files = (
            _DIGITAL.with_only_columns(
                digital_package.c.branch,
                func.count(digital_file.c.sha256.distinct()).label("files"),
            )
            .where(_digital_of(month), ~scanned.exists())
            .group_by(digital_package.c.branch)
        )
        with self._engine.connect() as connection:
            due = {row.branch: row.pages for row in connection.execute(query)}
            digital = {row.branch: row.files for row in connection.execute(files)}
            packed: dict[str, dict[int, int]] = {}
            for row in connection.execute(gone):
                packed.setdefault(row.branch, {})[row.no] = row.pages
        return {
            branch: (due.get(branch, 0), digital.get(branch, 0), packed.get(branch, {}))
            for branch in sorted({*due, *digital, *packed})
            if branches is None or branch in branches
        }

    def pages_of(self, package: Package) -> frozenset[str]:
        """Give SHA-256 of a package's pages."""
        query = select(monthly_page.c.sha256).where(
            monthly_page.c.branch == package.branch,
            monthly_page.c.month == str(package.month),
            monthly_page.c.no == package.no,
        )
        with self._engine.connect() as connection:
            return frozenset(connection.execute(query).scalars())

    def begin(self, package: Package, sha256s: Iterable[str]) -> None:
        """Enter a package that is going to be sent; raises UserError where another run began it."""
        name = {"branch": package.branch, "month": str(package.month), "no": package.no}
        row = name | {
            "index_sha256": package.index_sha256,
            "pages": package.pages,
            "byte_count": package.byte_count,
            "person": package.person,
            "at": package.at,
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(monthly_package).values(row))
                rows = [name | {"sha256": one} for one in sha256s]
                connection.execute(insert(monthly_page), rows)
                append(
                    connection,
                    package.person,
                    "upload.begin",
                    package.name,
                    index=package.index_sha256,
                    pages=package.pages,
                )
        except IntegrityError as error:
            raise UserError(
                say("Another run began package {package}; run this again.", package=package.name)
            ) from error

    def enter(self, package: Package, act: PackageAct) -> None:
        """Enter what was done to a package; raises UserError where somebody did something to it meanwhile."""
        values = {
            "branch": package.branch,
            "month": str(package.month),
            "no": package.no,
            "act_no": len(package.acts) + 1,
            "kind": str(act.kind),
            "person": act.person,
            "note": act.note,
            "at": act.at.astimezone(UTC),
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(monthly_act).values(values))
                told: dict[str, Any] = {"note": act.note} if act.note else {}
                append(connection, act.person, f"upload.{act.kind}", package.name, **told)
        except IntegrityError as error:
            raise UserError(
                say(
                    "Somebody else worked on package {package} meanwhile; look at it again.",
                    package=package.name,
                )
            ) from error


def _of(month: Month) -> ColumnElement[bool]:
    return batch.c.business_date.between(month.first, month.last) & (delivery.c.state == _ADMITTED)


_DIGITAL = select(digital_file).join(
    digital_package, digital_package.c.id == digital_file.c.package_id
)


def _digital_of(month: Month) -> ColumnElement[bool]:
    return digital_package.c.business_date.between(month.first, month.last)


def _package(row: Row[Any], acts: Iterable[PackageAct]) -> Package:
    return Package(
        row.branch,
        Month.read(row.month),
        row.no,
        row.index_sha256,
        row.pages,
        row.byte_count,
        row.person,
        row.at,
        tuple(acts),
    )
