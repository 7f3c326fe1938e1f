"""Who may what at the command line: the matrix, the proof of separation, and the one check."""

import csv
import io
from pathlib import Path

import pytest
from sqlalchemy import insert

from catalog.tables import staff
from flows.access import Guard
from flows.parts import Parts
from pipeline.access.acts import Act
from pipeline.access.policy import RULES, person_of
from pipeline.errors import UserError
from pipeline.staff import Role

from .conftest import Run


def test_the_matrix_names_every_act_and_its_roles(run: Run, tmp_path: Path) -> None:
    shown = run("access", "matrix").output
    assert all(str(act) in shown for act in Act)
    path = tmp_path / "matrix.csv"
    assert run("access", "matrix", "--csv", str(path), lang="zh").exit_code == 0
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    assert len(rows) == len(RULES)
    review = next(row for row in rows if row["操作"] == "task.review")
    assert [name for name, mark in review.items() if mark == "●"] == ["复核员"]
    assert run("access", "matrix", "--csv", "-").output.count("\n") == len(RULES) + 1


@pytest.mark.requirement("CG-07b")
def test_the_report_counts_no_conflict_among_those_appointed_here(run: Run) -> None:
    assert "0 people hold roles; 0 conflicts" in run("access", "report").output
    run("staff", "add", "周总", "--role", "headquarters", "--as", "me")
    run("staff", "add", "孙系", "--role", "system_admin", "--as", "周总")
    refused = run("staff", "add", "孙系", "--role", "archivist", "--as", "周总")
    assert "may not meet in one person (CG-07b); the attempt is on record" in str(refused.exception)
    proved = run("access", "report")
    assert "2 people hold roles; 0 conflicts" in proved.output
    assert proved.exit_code == 0


def test_the_report_finds_roles_that_met_past_the_program(run: Run, parts: Parts) -> None:
    parts.catalog.staff.add("周总", Role.HEADQUARTERS, None, "me")
    row = {"id": 2, "kind": "add", "person": "周 总", "person_key": "周总", "role": "it"}
    with parts.catalog._engine.begin() as connection:
        first = connection.execute(staff.select()).one()
        values = {**first._mapping, **row}
        connection.execute(insert(staff).values(values))
    found = run("access", "report")
    assert "1 conflicts" in found.output
    assert "Headquarters (Business) and IT (System administration)" in found.output
    assert found.exit_code == 1


def test_a_session_is_bound_before_the_register_is(parts: Parts) -> None:
    Guard.at_word(parts, "nobody").require(Act.TASK_REVIEW, "3301")
    logged_in = Guard(parts, person_of((), "nobody", session="s1"))
    with pytest.raises(UserError, match="not registered as Reviewer of branch 3301"):
        logged_in.require(Act.TASK_REVIEW, "3301")
