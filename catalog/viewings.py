"""Who saw what of a customer, when and what for (CG-19h); each viewing stands in the log too."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, func, insert, select

from catalog.log import append
from catalog.tables import viewing
from pipeline.access.acts import Act
from pipeline.access.requests import Subject
from pipeline.access.viewing import Viewing
from pipeline.audit.entry import digest_of


class Viewings:
    """Enters and lists viewings."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def enter(self, seen: Viewing) -> None:
        """Enter a viewing; raises when it cannot be logged, and then nothing may be shown."""
        subject = seen.subject
        with self._engine.begin() as connection:
            last = connection.execute(select(func.max(viewing.c.id))).scalar() or 0
            connection.execute(
                insert(viewing).values(
                    id=last + 1,
                    person=seen.person,
                    person_key=seen.key,
                    act=str(seen.act),
                    branch=subject.branch,
                    customer=subject.customer,
                    page=subject.page,
                    purpose=seen.purpose,
                    request_no=seen.request,
                    session=seen.session,
                    at=seen.at,
                )
            )
            append(
                connection,
                seen.person,
                str(seen.act),
                # no customer's number in the log, which can never forget it
                subject.page or f"customer {digest_of(subject.customer)}",
                session=seen.session,
                branch=subject.branch,
                purpose=seen.purpose,
                request=seen.request,
            )

    def of_page(self, sha256: str) -> tuple[Viewing, ...]:
        """Give who saw a page, the newest first."""
        return self._read(viewing.c.page == sha256)

    def of_customer(self, number: str) -> tuple[Viewing, ...]:
        """Give who saw anything of a customer, the newest first."""
        return self._read(viewing.c.customer == number)

    def between(self, since: datetime, until: datetime) -> tuple[Viewing, ...]:
        """Give what was seen from one moment to before another, the newest first."""
        return self._read(viewing.c.at >= since, viewing.c.at < until)

    def _read(self, *which: object) -> tuple[Viewing, ...]:
        asked = select(viewing).where(*which).order_by(viewing.c.id.desc())  # type: ignore[arg-type]
        with self._engine.connect() as connection:
            return tuple(
                Viewing(
                    row.person,
                    row.person_key,
                    Act(row.act),
                    Subject(row.branch, row.customer, row.page),
                    row.purpose,
                    row.at,
                    row.request_no,
                    row.session,
                )
                for row in connection.execute(asked)
            )
