"""The customer master at the command line, at a closing, and for shared identity copies."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flows.close_day import Closing, close_branch
from flows.parts import Parts
from pipeline.customers import KnownCustomer
from pipeline.errors import UserError

from .captured_day import book, ran
from .conftest import DAY, booked

HEAD = "customer_no,customer_name,id_type,id_no,owner_branch,id_valid_until"


def known(number: int) -> KnownCustomer:
    row = booked(number)
    return KnownCustomer(row.customer_no, row.customer_name, row.id_type, row.id_no, "3301")


def test_a_closing_names_customers_that_the_master_does_not_have_so(
    parts: Parts, closing: Closing, progress: Any
) -> None:
    book(parts, booked(1), booked(2), booked(3))
    assert not [o for o in close_branch(closing, DAY, "3301", progress).discrepancies
                if "CUSTOMER" in o.kind]  # fmt: skip
    parts.catalog.customers.take_over(
        [known(1), replace(known(2), id_no="119901198608131056")], "a", "it"
    )
    result = close_branch(closing, DAY, "3301", progress)
    found = {o.kind: o for o in result.discrepancies if "CUSTOMER" in o.kind}
    assert {kind: one.serial_no for kind, one in found.items()} == {
        "WRONG_CUSTOMER": booked(2).serial_no, "UNKNOWN_CUSTOMER": booked(3).serial_no,
    }  # fmt: skip
    wrong = found["WRONG_CUSTOMER"]  # type: ignore[index]
    assert (wrong.read, wrong.expected) == ({"id_no": "…908X"}, {"id_no": "…1056"})
    assert result.closed


def test_importing_and_showing(parts: Parts, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    row = "9409350101,余玲,居民身份证,46727051728724908X,3301,长期"
    file.write_text(f"{HEAD}\n{row}\n2,,,,,\n#TRAILER,2\n", "utf-8")
    code, told = ran(parts, "customers", "import", str(file), "--as", "it")
    assert code == 3
    assert "2 rows = 1 new customers + 0 changed + 0 as they were + 1 rejected" in told
    (rejects,) = parts.workspace.rejects.glob("*.csv")
    assert "must not be empty" in rejects.read_text("utf-8-sig")
    code, told = ran(parts, "customers", "show", "9409350101", lang="zh")
    assert code == 0
    assert "908X" in told
    assert "46727051728724908X" not in told
    with pytest.raises(UserError, match="no customer 3"):
        ran(parts, "customers", "show", "3")


def test_a_closing_that_cannot_be_is_refused_and_one_before_business_told(parts: Parts) -> None:
    book(parts, booked(1))
    number = booked(1).customer_no
    opened = replace(known(1), opened_on=date(2019, 3, 4))
    parts.catalog.customers.take_over([opened], "a", "it")
    close = ("customers", "closed", number, "--as", "it", "--on")
    with pytest.raises(
        UserError, match=r"opening \(2019-03-04\) lies behind closing \(1919-11-20\)"
    ):
        ran(parts, *close, "1919-11-20")
    code, told = ran(parts, *close, "2020-05-01")
    assert code == 0
    assert "counts as open" in told, "the customer did business in 2026"
    assert parts.catalog.closures.of_customer(number) is None
    assert "is closed since" in ran(parts, *close, str(DAY))[1]
