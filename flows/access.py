"""Who may act: the one permission check that command line, web and API share."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from flows.parts import Parts
from flows.secrecy import Secrecy
from pipeline.access.acts import Act
from pipeline.access.policy import Because, NotAllowed, Person, person_of
from pipeline.access.requests import Subject, opening
from pipeline.access.viewing import Viewing
from pipeline.audit.entry import digest_of
from pipeline.language import say
from pipeline.secrecy import Level
from pipeline.staff import person_key


@dataclass(frozen=True)
class Guard:
    """Asks the table of rules for one person."""

    parts: Parts
    person: Person
    reading: Parts | None = None
    """Where it is looked up what is opened to the person, and how secret things are; None: in ``parts``."""

    @classmethod
    def at_word(cls, parts: Parts, name: str) -> Guard:
        """Guard somebody who acts at the command line under a name, as proved where it was."""
        if parts.proven is not None and parts.proven.key == person_key(name):
            return cls(parts, parts.proven)
        return cls(parts, person_of(parts.catalog.staff.of(name), name))

    def require(self, act: Act, branch: str | None = None) -> None:
        """Raise NotAllowed unless the person may do an act at ``branch``; None: at all branches at once.

        At the command line everybody may while the staff register is not in force (``pipeline.staff``); a
        session of the web always needs the role.
        """
        self.parts.catalog.staff.require(self.person, act, branch)

    def view(
        self,
        act: Act,
        subject: Subject,
        purpose: str,
        at: datetime,
        contents: Collection[str] = (),
    ) -> Viewing:
        """Let the person see something of a customer and enter it; only then may it be shown (CG-19a, h).

        ``contents``: SHA-256s of all pages and files that are shown with it.

        Raises NotAllowed, whose sentence says what is lacking: the role, the purpose, the approved request,
        the place on an access list (BM-01).
        """
        catalog, person = self.parts.catalog, self.person
        asked = (self.reading or self.parts).catalog.access_requests.of(person.name)
        request = opening(asked, person.name, act, subject, at)
        catalog.staff.require(
            person, act, subject.branch, purpose=purpose, granted=request is not None
        )
        self.must_know(act, subject, at, contents)
        no = request.no if request is not None else None
        seen = Viewing(
            person.name, person.key, act, subject, purpose.strip(), at, no, person.session
        )
        catalog.viewings.enter(seen)
        return seen

    def must_know(
        self, act: Act, subject: Subject, at: datetime, contents: Collection[str] = ()
    ) -> Level:
        """Return the level of what is read; raise NotAllowed, and log it, unless the person may know it.

        Asked at each reading, whatever role or approved request opened it (BM-01).
        """
        secrecy, person = Secrecy(self.reading or self.parts), self.person
        level = secrecy.of(subject, contents)
        told = {"branch": subject.branch, "level": level.code, "session": person.session}
        what = subject.page or f"customer {digest_of(subject.customer)}"
        with self.parts.catalog.staff.refusals_logged(person.name, str(act), what, **told):
            if not secrecy.may_know(person, level, subject.branch, at):
                raise NotAllowed(
                    say(
                        "This is {level}, and {person} is not on the access list of that level; the security "
                        "administrator keeps the list.",
                        level=level.name,
                        person=person.name,
                    ),
                    Because.SECRECY,
                )
        return level

    def must_know_all(
        self, act: Act, branch: str, contents: Iterable[tuple[str, Iterable[str]]], at: datetime
    ) -> Level:
        """Return the highest level of what several customers have; NotAllowed as ``must_know``.

        ``contents``: customers' numbers (empty: nobody's), each with SHA-256s of pages.
        """
        of_customer: dict[str, set[str]] = {}
        for customer, pages in contents:
            of_customer.setdefault(customer, set()).update(pages)
        levels = [
            self.must_know(act, Subject(branch, customer or None), at, pages)
            for customer, pages in sorted(of_customer.items())
        ]
        return Secrecy(self.reading or self.parts).ladder.highest(one.code for one in levels)
