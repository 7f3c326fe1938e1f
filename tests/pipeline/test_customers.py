"""Booked customers held against the master: unknown numbers, other names, other identity numbers."""

from dataclasses import replace

import pytest

from pipeline.customers import CustomerDifference, KnownCustomer, customer_differences

from .tasks.test_planning import row

ROW = row(1)
KNOWN = KnownCustomer(ROW.customer_no, ROW.customer_name, ROW.id_type, ROW.id_no, "3301")


def test_what_agrees_is_no_difference_whatever_its_width() -> None:
    wide = replace(KNOWN, id_no=KNOWN.id_no.lower() + " ")
    assert not list(customer_differences([ROW], {ROW.customer_no: wide}))


@pytest.mark.requirement("CG-08a")
def test_unknown_and_differing_customers_are_told() -> None:
    other = replace(KNOWN, name="another", id_no="1")
    assert list(customer_differences([ROW], {})) == [CustomerDifference(ROW, None)]
    assert list(customer_differences([ROW], {ROW.customer_no: other})) == [
        CustomerDifference(ROW, other, ("customer_name", "id_no"))
    ]
