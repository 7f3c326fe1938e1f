"""Who may act: the one permission check that command line, web and API share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.access.policy import Person, person_of
from pipeline.access.requests import Subject, opening
from pipeline.access.viewing import Viewing
from pipeline.staff import person_key


@dataclass(frozen=True)
class Guard:
    """Asks the table of rules for one person."""

    parts: Parts
    person: Person

    @classmethod
    def at_word(cls, parts: Parts, name: str) -> Guard:
        """Guard somebody who acts at the command line under a name, as proved where it was."""
        if parts.proven is not None and parts.proven.key == person_key(name):
            return cls(parts, parts.proven)
        return cls(parts, person_of(parts.catalog.staff.in_effect(), name))

    def require(self, act: Act, branch: str | None = None) -> None:
        """Raise NotAllowed unless the person may do an act at ``branch``; None: at all branches at once.

        At the command line everybody may while the staff register is not in force (``pipeline.staff``); a
        session of the web always needs the role.
        """
        self.parts.catalog.staff.require(self.person, act, branch)

    def view(self, act: Act, subject: Subject, purpose: str, at: datetime) -> Viewing:
        """Let the person see something of a customer and enter it; only then may it be shown (CG-19a, h).

        Raises NotAllowed, whose sentence says what is lacking: the role, the purpose, the approved request.
        """
        catalog, person = self.parts.catalog, self.person
        request = opening(catalog.access_requests.of(person.name), person.name, act, subject, at)
        catalog.staff.require(
            person, act, subject.branch, purpose=purpose, granted=request is not None
        )
        no = request.no if request is not None else None
        seen = Viewing(
            person.name, person.key, act, subject, purpose.strip(), at, no, person.session
        )
        catalog.viewings.enter(seen)
        return seen
