"""A catalog of the test's own, and the rows that tests fill it with."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

import pytest

from catalog.catalog import Catalog
from pipeline.model import Transaction
from tests.databases import Databases

DAY = date(2026, 11, 19)


@pytest.fixture
def catalog(databases: Databases) -> Iterator[Catalog]:
    made = Catalog.open(databases.new())
    yield made
    made.close()


@pytest.fixture
def transaction() -> Transaction:
    return Transaction(
        business_date=DAY,
        serial_no="202611193301000001",
        handling_branch="3301",
        occur_at=datetime.fromisoformat("2026-11-19T09:30:00+08:00"),
        owner_branch="3301",
        customer_no="9409350117",
        customer_name="余玲",
        id_type="居民身份证",
        id_no="46727051728724908X",
        business_code="B601",
        business_name="电子协议签署",
        channel="counter",
        teller_no="10009",
        fund_account="7607941939",
        amount=Decimal("54030.33"),
        currency="CNY",
        voucher_count=1,
    )
