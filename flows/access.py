"""Who may act: the one permission check that command line, web and API share."""

from __future__ import annotations

from dataclasses import dataclass

from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.access.policy import Person, person_of


@dataclass(frozen=True)
class Guard:
    """Asks the table of rules for one person."""

    parts: Parts
    person: Person

    @classmethod
    def at_word(cls, parts: Parts, name: str) -> Guard:
        """Guard somebody who acts at the command line under a name."""
        return cls(parts, person_of(parts.catalog.staff.appointments(), name))

    def require(self, act: Act, branch: str | None = None) -> None:
        """Raise NotAllowed unless the person may do an act at ``branch``; None: at all branches at once.

        At the command line everybody may while the staff register is not in force (``pipeline.staff``); a
        session of the web always needs the role.
        """
        self.parts.catalog.staff.require(self.person, act, branch)
