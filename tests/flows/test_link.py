"""Bank slips linked on the command line: real files, real reading, every page accounted for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from typer.testing import CliRunner

from flows.cli import app
from flows.link import as_json, link_pages
from flows.read_pages import ReadPage
from pipeline.fields import WORDS_DIFFER, PageFields
from pipeline.labels import LabelBook
from pipeline.language import say
from pipeline.linking import LedgerRow
from pipeline.model import Box, Finding, Reading, Severity, TextLine
from pipeline.specimens.fonts import find_font, load_font

ROWS = {
    "B1": ("989663032077", "2023-03-05", "91,532.20", "玖万壹仟伍佰叁拾贰元贰角整"),
    "B2": ("965383565359", "2023-04-28", "798.27", "柒佰玖拾捌元柒角贰分"),  # words differ
}
PAYER, PAYEE = ("鼎元瑞丰基金管理有限公司", "500338034850146"), ("罗建鹏", "780886986413417")


def printed(number: str, day: str, amount: str, words: str) -> list[str]:
    return [
        f"交易日期：{day}",
        f"交易流水：{number}",
        f"付款账号：{PAYER[1]}",
        f"付款人：{PAYER[0]}",
        f"收款账号：{PAYEE[1]}",
        f"收款人：{PAYEE[0]}",
        f"交易金额(小写)：CNY {amount}",
        f"交易金额(大写)：人民币 {words}",
    ]


def read(name: str, texts: list[str]) -> ReadPage:
    lines = tuple(
        TextLine(text, 0.999, Box(100, 100 + 60 * n, 100 + 24 * len(text), 140 + 60 * n))
        for n, text in enumerate(texts)
    )
    page = PageFields(lines, "none", LabelBook())
    doubts = (WORDS_DIFFER,) if "柒角贰分" in texts[-1] else ()
    return ReadPage(name, (), Reading((), page.fields(), lines, "none 1", 0, 0, doubts))


LEDGER = [
    LedgerRow(
        txn_id,
        date.fromisoformat(day),
        Decimal(amount.replace(",", "")),
        number,
        *PAYER,
        *PAYEE,
    )
    for txn_id, (number, day, amount, _) in ROWS.items()
]


def test_every_page_stands_in_one_place_and_doubts_are_told() -> None:
    turned = read("turned.jpg", ["备注：无"])
    assert turned.reading is not None
    turned = replace(turned, reading=replace(turned.reading, doubts=("turned",)))
    closed = Finding("Q01", Severity.REJECT, "", "", say("The file is empty."))
    pages = [
        *(read(f"{txn_id}.jpg", printed(*row)) for txn_id, row in ROWS.items()),
        read("again.jpg", printed(*ROWS["B1"])),
        read("other.jpg", printed("111122223333", "2023-01-01", "5.00", "伍元整")),
        read("note.jpg", ["客户名称：余玲"]),
        ReadPage("empty.jpg", (closed,), None),
        ReadPage("slow.jpg", (), Reading((), {}, (), "none 1", 0, 0, ("reader_too_slow",))),
        turned,
    ]
    folder = link_pages(pages, LEDGER)
    told = as_json(folder, "en")
    assert told["counts"] == {
        "pages": 8,
        "linked": 2,
        "copies": 1,
        "to_people": 5,
        "rows": 2,
        "rows_without_slip": 0,
    }
    assert {one["file"]: one["txn_id"] for one in told["linked"]} == {
        "B1.jpg": "B1",
        "B2.jpg": "B2",
    }
    assert told["linked"][1]["doubts"][0]["doubt"] == WORDS_DIFFER
    assert [page.name for page in folder.doubtful] == ["B2.jpg", "slow.jpg"]
    assert told["copies"][0]["copy_of"] == "B1.jpg" and told["copies"][0]["txn_id"] == "B1"
    assert {one["file"]: one["reason"] for one in told["to_people"]} == {
        "other.jpg": "no_row",
        "note.jpg": "no_slip",
        "empty.jpg": "refused",
        "slow.jpg": "too_little",
        "turned.jpg": "no_slip",
    }


@pytest.mark.slow
def test_a_folder_of_slips_is_linked_however_they_lie(tmp_path: Path) -> None:
    scans = tmp_path / "slips"
    scans.mkdir()
    for txn_id, row in ROWS.items():
        picture = Image.new("RGB", (1500, 900), "white")
        for n, text in enumerate(printed(*row)):
            place = (100, 100 + 90 * n)
            ImageDraw.Draw(picture).text(place, text, font=load_font(find_font(), 40), fill="black")
        turned = picture.rotate(-90 if txn_id == "B2" else 4, expand=True, fillcolor="white")
        turned.save(scans / f"{txn_id}.png", dpi=(300, 300))
    (scans / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    ledger = tmp_path / "ledger.csv"
    rows = [
        f"{txn_id},{day},{amount.replace(',', '')},{number},{PAYER[1]},{PAYEE[1]}"
        for txn_id, (number, day, amount, _) in ROWS.items()
    ]
    head = "txn_id,date,amount,bank_ref,payer_account,payee_account"
    ledger.write_text("\n".join([head, *rows]), "utf-8")
    output = tmp_path / "links.json"
    command = ["--lang", "en", "link", str(scans), "--ledger", str(ledger), "--output", str(output)]
    run = CliRunner().invoke(app, command)
    assert run.exit_code == 3, run.output
    told = json.loads(output.read_text("utf-8"))
    assert {one["file"]: one["txn_id"] for one in told["linked"]} == {
        "B1.png": "B1",
        "B2.png": "B2",
    }
    assert [one["file"] for one in told["to_people"]] == ["broken.jpg"]
    assert "Doubtful: B2.png: The amount in words differs" in run.stdout
    assert "3 pages = 2 linked + 0 scanned again + 1 for a person; 0 of 2 rows" in run.stdout


def test_a_folder_or_ledger_that_is_not_there_is_told(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.csv"
    ledger.write_text("txn_id,date,amount\n", "utf-8")
    run = CliRunner().invoke(app, ["link", str(tmp_path / "none"), "--ledger", str(ledger)])
    assert run.exit_code != 0
    empty = tmp_path / "empty"
    empty.mkdir()
    assert CliRunner().invoke(app, ["link", str(empty), "--ledger", str(ledger)]).exit_code != 0
