"""The staff register keeps every act, lets headquarters alone change it, and never locks itself out."""

import pytest

from catalog.catalog import Catalog
from catalog.log import entries
from pipeline.access.acts import Act
from pipeline.access.policy import must_be_allowed
from pipeline.errors import UserError
from pipeline.staff import Role


@pytest.fixture
def led(catalog: Catalog) -> Catalog:
    catalog.staff.add("周总", Role.HEADQUARTERS, None, "root")
    return catalog


def test_the_first_of_headquarters_puts_it_in_force(catalog: Catalog) -> None:
    staff = catalog.staff
    assert staff.add("李静", Role.REVIEWER, "3301", "anyone")
    must_be_allowed(staff.appointments(), "nobody", Act.TASK_REVIEW, "3301")
    staff.add("周总", Role.HEADQUARTERS, None, "anyone")
    with pytest.raises(UserError, match="nobody is not registered as Reviewer of branch 3301"):
        must_be_allowed(staff.appointments(), "nobody", Act.TASK_REVIEW, "3301")
    must_be_allowed(staff.appointments(), "李静", Act.TASK_REVIEW, "3301")


def test_only_headquarters_changes_it(led: Catalog) -> None:
    led.staff.add("李静", Role.REVIEWER, "3301", "周总")
    with pytest.raises(UserError, match="李静 is not registered as Headquarters"):
        led.staff.add("李静", Role.ARCHIVIST, "3301", "李静")
    with pytest.raises(UserError, match="李静 is not registered as Headquarters"):
        led.staff.end("李静", Role.REVIEWER, None, "李静")


def test_the_last_of_headquarters_stays(led: Catalog) -> None:
    with pytest.raises(UserError, match="last of headquarters"):
        led.staff.end("周总", Role.HEADQUARTERS, None, "周总")
    led.staff.add("吴总", Role.HEADQUARTERS, None, "周总")
    assert led.staff.end("周总", Role.HEADQUARTERS, None, "吴总") == 1


def test_headquarters_is_of_no_branch(catalog: Catalog) -> None:
    with pytest.raises(UserError, match="above all branches"):
        catalog.staff.add("周总", Role.HEADQUARTERS, "3301", "root")


def test_appointing_twice_changes_nothing_and_ending_keeps_the_record(led: Catalog) -> None:
    assert led.staff.add("李静", Role.REVIEWER, "3301", "周总")
    assert not led.staff.add("李 静", Role.REVIEWER, "3301", "周总")
    assert led.staff.add("李静", Role.REVIEWER, "3302", "周总")
    with pytest.raises(UserError, match="no such appointment"):
        led.staff.end("李静", Role.REVIEWER, "3303", "周总")
    assert led.staff.end("李静", Role.REVIEWER, "3302", "周总") == 1
    assert led.staff.add("李静", Role.REVIEWER, "3302", "周总")
    assert led.staff.end("李静", Role.REVIEWER, None, "周总") == 2
    kept = [one for one in led.staff.appointments() if one.role is Role.REVIEWER]
    assert [(one.branch, one.until is None) for one in kept] == [
        ("3301", False),
        ("3302", False),
        ("3302", False),
    ]
    assert len(led.staff.appointments("3301")) == 2  # headquarters counts there too
    with led._engine.connect() as connection:
        acts = [entry.body["act"] for entry in entries(connection)]
    assert acts == ["staff.add"] * 3 + ["staff.end", "staff.add", "staff.end", "staff.end"]


def test_branches_in_hand_without_archivist_are_named(led: Catalog) -> None:
    led.staff.add("李静", Role.REVIEWER, "3301", "周总")
    led.staff.add("何敏", Role.ARCHIVIST, "3302", "周总")
    assert led.staff.without_archivist(()) == ("3301",)
    assert led.staff.without_archivist(["3302", "3304"]) == ("3304",)


def test_a_teller_number_has_one_person_at_a_branch(led: Catalog) -> None:
    staff = led.staff
    assert staff.add("王芳", Role.TELLER, "3301", "周总", "10009")
    assert not staff.add("王 芳", Role.TELLER, "3301", "周总", "10009")
    assert staff.add("王芳", Role.TELLER, "3301", "周总", "10010")
    for branch in ("3301", None):
        with pytest.raises(UserError, match="10009 is registered to 王芳"):
            staff.add("何敏", Role.TELLER, branch, "周总", "10009")
    assert staff.add("何敏", Role.TELLER, "3302", "周总", "10009")
    with pytest.raises(UserError, match="Only a teller"):
        staff.add("何敏", Role.ARCHIVIST, "3301", "周总", "10012")
    assert staff.end("王芳", Role.TELLER, None, "周总", "10009") == 1
    assert staff.add("何敏", Role.TELLER, "3301", "周总", "10009")
    must_be_allowed(staff.appointments(), "王芳", Act.ROW_CONFIRM, "3301")  # by the other number


@pytest.mark.requirement("CG-07b")
@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        (Role.REVIEWER, Role.SYSTEM_ADMIN),
        (Role.IT, Role.TELLER),
        (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN),
        (Role.AUDITOR, Role.COMPLIANCE),
    ],
)
def test_roles_that_may_not_meet_are_refused_and_the_attempt_is_logged(
    led: Catalog, held: Role, wanted: Role
) -> None:
    led.staff.add("李静", held, None, "周总")
    with pytest.raises(UserError, match="may not meet in one person"):
        led.staff.add("李 静", wanted, None, "周总")
    assert [one.role for one in led.staff.appointments() if one.person == "李静"] == [held]
    with led._engine.connect() as connection:
        last = list(entries(connection))[-1].body
    assert (last["act"], last["subject"], last["ok"], last["reason"]) == (
        "staff.add",
        "李 静",
        False,
        "separation",
    )
    led.staff.end("李静", held, None, "周总")
    assert led.staff.add("李静", wanted, None, "周总")


def test_nobody_appoints_themselves_once_it_is_in_force(led: Catalog) -> None:
    with pytest.raises(UserError, match="Nobody appoints themselves"):
        led.staff.add("周 总", Role.ARCHIVIST, "3301", "周总")


def test_administrators_are_appointed_by_the_security_administrator_once_there_is_one(
    led: Catalog,
) -> None:
    led.staff.add("钱安", Role.SECURITY_ADMIN, None, "周总")
    with pytest.raises(UserError, match="周总 is not registered as Security administrator"):
        led.staff.add("孙系", Role.SYSTEM_ADMIN, None, "周总")
    assert led.staff.add("孙系", Role.SYSTEM_ADMIN, None, "钱安")
    with pytest.raises(UserError, match="System administrator is of no single branch"):
        led.staff.add("李系", Role.SYSTEM_ADMIN, "3301", "钱安")
    led.staff.end("周总", Role.HEADQUARTERS, None, "钱安")
    with pytest.raises(UserError, match="钱安 is the last who may appoint"):
        led.staff.end("钱安", Role.SECURITY_ADMIN, None, "钱安")
