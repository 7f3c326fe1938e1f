"""Customers as imported: every change on record, nobody taken out, transactions held against them."""

from dataclasses import replace
from datetime import date

from catalog.catalog import Catalog
from catalog.customers import ImportedCustomers
from pipeline.customers import KnownCustomer

YU = KnownCustomer("9409350117", "余玲", "居民身份证", "46727051728724908X", "3301")
LI = replace(YU, number="2", name="李")


def test_importing_again_changes_nothing_and_each_change_is_kept(catalog: Catalog) -> None:
    assert not catalog.customers.any()
    assert catalog.customers.take_over([YU, LI], "a", "it") == ImportedCustomers(2, 0, 0, 0)
    assert catalog.customers.take_over([YU, LI], "a", "it") == ImportedCustomers(0, 0, 2, 0)
    moved = replace(YU, owner_branch="3302", id_valid_until=date.max)
    assert catalog.customers.take_over([moved], "b", "it") == ImportedCustomers(0, 1, 0, 1)
    assert catalog.customers.of_numbers(["9409350117", "2", "3"]) == {"9409350117": moved, "2": LI}
    history = catalog.customers.history("9409350117")
    assert [(one.before, one.after) for one in history] == [(None, YU), (YU, moved)]
    assert catalog.first_broken_log_entry() is None
