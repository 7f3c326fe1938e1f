"""Who is who: people are told apart by their names, and each holds what was given at a branch."""

from datetime import UTC, datetime

import pytest

from pipeline.errors import UserError
from pipeline.staff import (
    Appointment,
    Role,
    checked_person,
    holders,
    without_archivist,
)

AT = datetime(2026, 11, 19, tzinfo=UTC)
HEAD = Appointment("周总", Role.HEADQUARTERS, None, AT)
REVIEWER = Appointment("李 静", Role.REVIEWER, "3301", AT)


def test_a_person_has_a_name() -> None:
    assert checked_person("  李  静 ") == "李 静"
    for name in ("", "  ", "a\x1b[2J"):
        with pytest.raises(UserError, match="is no name of a person; write it out"):
            checked_person(name)


@pytest.mark.requirement("CG-09b")
def test_branches_without_an_archivist_are_named() -> None:
    archivist = Appointment("何敏", Role.ARCHIVIST, "3301", AT)
    assert without_archivist([archivist, REVIEWER], ["3302", "3301", "3303"]) == ("3302", "3303")
    everywhere = Appointment("何敏", Role.ARCHIVIST, None, AT)
    assert without_archivist([everywhere], ["3302"]) == ()


def test_a_teller_number_counts_where_its_holder_is_appointed() -> None:
    here = Appointment("王芳", Role.TELLER, "3301", AT, teller_no="10009")
    everywhere = Appointment("何敏", Role.TELLER, None, AT, teller_no="10010")
    ended = Appointment("吴刚", Role.TELLER, "3301", AT, AT, "10011")
    known = [HEAD, here, everywhere, ended, Appointment("李静", Role.TELLER, "3301", AT)]
    assert holders(known, "3301") == {"10009": "王芳", "10010": "何敏"}
    assert holders(known, "3302") == {"10010": "何敏"}
    assert holders(known, None) == {"10009": "王芳", "10010": "何敏"}
