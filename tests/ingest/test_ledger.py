"""A ledger is read whole or not at all."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ingest.ledger import read_ledger
from pipeline.errors import StreamRefused, UserError

HEAD = "txn_id,date,time,amount,payer,bank_ref\n"
ROW = 'B1,2023-04-28,11:12:18,"1,798.27",厦门鹭岛,0965383\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_rows_are_read_in_either_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "ledger.csv"
    path.write_bytes((HEAD + ROW).encode(encoding))
    (row,) = read_ledger(path)
    assert (row.txn_id, row.date, row.amount) == ("B1", date(2023, 4, 28), Decimal("1798.27"))
    assert (row.payer, row.bank_ref, row.payee_account) == ("厦门鹭岛", "0965383", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column txn_id, date, amount"),
        ("txn_id,date\n", "no column amount"),
        (HEAD + "B1,2023-04-31,,1.00,,\n", "Line 2"),
        (HEAD + ROW + "B2,2023-04-30,,much,,\n", "Line 3"),
        (HEAD + ",2023-04-30,,1.00,,\n", "Line 2"),
        (HEAD + "B1,2023-04-30\n", "Line 2"),
        (HEAD + ROW + ROW, "B1 twice"),
    ],
)
def test_a_ledger_with_a_fault_is_refused_with_its_place(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "ledger.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(StreamRefused, match=said):
        read_ledger(path)


def test_a_ledger_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_ledger(tmp_path / "none.csv")
