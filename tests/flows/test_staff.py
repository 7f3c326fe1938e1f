"""The staff register at the command line."""

import pytest

from pipeline.errors import UserError

from .conftest import Run


def test_people_are_appointed_listed_and_ended(run: Run) -> None:
    first = run("staff", "add", "李静", "--role", "REVIEWER", "--branch", "3301", "--as", "me")
    assert "李静 is now registered as Reviewer, branch 3301." in first.output
    assert "not in force yet" in first.output
    head = run("staff", "add", "周总", "--role", "headquarters", "--as", "me")
    assert "is in force from now on" in head.output
    refused = run("staff", "add", "me", "--role", "auditor", "--as", "me")
    assert isinstance(refused.exception, UserError)
    listed = run("staff", "list", "--branch", "3301")
    assert "2 appointments; the register is in force." in listed.output
    ended = run("staff", "end", "李静", "--role", "reviewer", "--as", "周总")
    assert "1 appointments of 李静 as Reviewer are ended." in ended.output
    assert "李静" not in run("staff", "list").output
    assert "李静" in run("staff", "list", "--ended").output


@pytest.mark.requirement("CG-09b")
def test_branches_without_an_archivist_make_the_exit_code_3(run: Run) -> None:
    assert run("staff", "missing").exit_code == 0
    run("staff", "add", "李静", "--role", "operator", "--branch", "3301", "--as", "me")
    left = run("staff", "missing")
    assert left.exit_code == 3
    assert "Without an archivist: 3301" in left.output


def test_a_role_that_does_not_exist_is_told(run: Run) -> None:
    wrong = run("staff", "add", "李静", "--role", "boss", "--as", "me")
    assert "no role boss; say one of scan_operator, teller" in str(wrong.exception)
