"""Whole texts after closing: made once, stored twice, resumed, bad pages named; and their commands."""

from __future__ import annotations

import io
import json
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image
from typer.testing import CliRunner

from catalog.deliveries import StoredPage, admitted, refused
from catalog.log import entries
from catalog.texts import Asking
from flows.cli import app
from flows.page_texts import TextMaking, TextsMade, make_branch_texts
from flows.parts import Parts
from flows.progress import Progress
from flows.reading_process import DIED, NOT_OPENED, TOO_SLOW, Failed
from flows.settings import TextSettings
from flows.stores import Stores
from pipeline.errors import Unavailable
from pipeline.language import say
from pipeline.measured import ScanParameters
from pipeline.model import Batch, Box, ColourMode, Delivery, Reading, TextLine
from pipeline.sandbox import Sandbox
from pipeline.searchable.pdfa import searchable_page, text_of
from pipeline.searchable.text import PageText, Searchable
from pipeline.secrecy import Item, ItemKind
from storage.store import digest, text_key

DAY = date(2026, 11, 19)
LINES = (TextLine("客户名称 曹博", 0.9, Box(100, 100, 400, 140)),)
PARAMETERS = ScanParameters("JPEG", 9, 9, 9, (200, 200), ColourMode.COLOUR, 0.0, 0.1, "0" * 16)


@dataclass(frozen=True)
class Scripted:
    """Makes real derivatives, of the lines it is told; fails on the pages named, for the reason given."""

    opener: Sandbox
    bad: Mapping[str, str] = field(default_factory=dict)

    def searchable(
        self, content: bytes, master: str, known: PageText | None
    ) -> Searchable | Failed:
        if master in self.bad:
            return Failed(self.bad[master])
        text = known or PageText(LINES, "scripted 1")
        pdf = searchable_page(self.opener.picture(content), text.lines, master=master)
        return Searchable(pdf, text_of(pdf), text.engine)

    def text_of(self, pdf: bytes) -> str | Failed:
        return text_of(pdf)


def page(number: int) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (500, 400), (250, 250, 250 - 20 * number)).save(
        written, "JPEG", dpi=(200, 200)
    )
    return written.getvalue()


@pytest.fixture
def taken_in(parts: Parts, stores: Stores, batch: Batch) -> Parts:
    """Two pages, the first once more under another name, a blank one and a refused one."""
    for number, name, state in (
        (1, "0001.jpg", "admitted"),
        (2, "0002.jpg", "admitted"),
        (1, "0003 再次.jpg", "admitted"),
        (4, "0004.jpg", "blank"),
        (5, "0005.jpg", "refused"),
    ):
        content = page(number)
        arrival = Delivery(batch, name, 1, digest(content))
        if state == "refused":
            parts.catalog.pages.enter([refused(arrival, (), name)])
            continue
        stores.vault.keep(content, arrival.sha256)
        kept = StoredPage(arrival.sha256, ".jpg", len(content), None, 1, PARAMETERS, {})
        parts.catalog.pages.enter([admitted(arrival, kept, blank=state == "blank")])
    return parts


@pytest.fixture
def run(stores: Stores, opener: Sandbox, progress: Progress) -> Callable[..., TextsMade]:
    def make(parts: Parts, bad: Mapping[str, str] | None = None) -> TextsMade:
        making = TextMaking(parts, stores, Scripted(opener, bad or {}), "night")
        return make_branch_texts(making, DAY, "3301", progress)

    return make


def with_index(parts: Parts) -> Parts:
    text = TextSettings(index_reason="answers to customers")
    return Parts(parts.workspace, parts.settings.model_copy(update={"text": text}), parts.catalog)


def acts(parts: Parts) -> list[dict[str, Any]]:
    with parts.catalog._engine.connect() as connection:
        return [one.body for one in entries(connection) if one.body["act"].startswith("text.")]


def counts(made: TextsMade) -> tuple[int, int, int, int]:
    return made.pages, made.made, made.already, len(made.failed)


def test_each_admitted_page_gets_one_text_stored_twice(
    taken_in: Parts, stores: Stores, run: Callable[..., TextsMade]
) -> None:
    assert counts(run(taken_in)) == (2, 2, 0, 0)  # blank and refused pages have none
    (one,) = taken_in.catalog.texts.of_page(digest(page(1)))
    pdf = stores.vault.read_text(one.text_sha256)
    assert text_of(pdf) == "客户名称 曹博" and one.engine == "scripted 1"
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        image = opened.pages[0].Resources.XObject["/Im0"]
        assert bytes(image.read_raw_bytes()) == page(1)
    for copy in ("p", "r"):
        assert (taken_in.workspace.folder / copy / text_key(one.text_sha256)).read_bytes() == pdf
    assert [act["act"] for act in acts(taken_in)] == ["text.make"] * 2


def test_a_second_run_makes_nothing(taken_in: Parts, run: Callable[..., TextsMade]) -> None:
    run(taken_in)
    before = acts(taken_in)
    assert counts(run(taken_in)) == (2, 0, 2, 0)
    assert acts(taken_in) == before


def test_lines_that_were_read_are_not_read_again(
    taken_in: Parts, run: Callable[..., TextsMade]
) -> None:
    for number, form in ((1, None), (2, "slip")):
        read = Reading((), {}, LINES, f"read {number}", 0.0, 0.0, form=form)
        taken_in.catalog.readings.keep(digest(page(number)), read)
    run(taken_in)
    engines = [taken_in.catalog.texts.of_page(digest(page(n)))[0].engine for n in (1, 2)]
    assert engines == ["read 1", "scripted 1"]


@pytest.mark.parametrize(
    ("what", "why"), [(DIED, "ended twice"), (TOO_SLOW, "too long"), (NOT_OPENED, "opened")]
)
def test_a_bad_page_is_named_and_the_others_go_on(
    taken_in: Parts,
    run: Callable[..., TextsMade],
    what: str,
    why: str,
) -> None:
    made = run(taken_in, {digest(page(1)): what})
    assert counts(made) == (2, 1, 0, 1)
    ((name, reason),) = made.failed
    assert name == "0001.jpg" and why in str(reason)
    assert counts(run(taken_in)) == (2, 1, 1, 0)


def test_a_master_that_both_stores_lost_is_named(
    taken_in: Parts, run: Callable[..., TextsMade]
) -> None:
    for copy in ("p", "r"):
        for path in (taken_in.workspace.folder / copy).rglob(digest(page(1))):
            path.unlink()
    made = run(taken_in)
    assert counts(made) == (2, 1, 0, 1) and made.failed[0][0] == "0001.jpg"


def test_a_store_that_is_down_stops_the_run_and_the_next_goes_on(
    taken_in: Parts, stores: Stores, run: Callable[..., TextsMade], monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, calls = type(stores.vault).keep_text, []

    def fails_once(vault: Any, content: bytes) -> Any:
        calls.append(content)
        if len(calls) == 2:
            raise Unavailable(say("down"))
        return keep(vault, content)

    monkeypatch.setattr(type(stores.vault), "keep_text", fails_once)
    with pytest.raises(Unavailable):
        run(taken_in)
    assert counts(run(taken_in)) == (2, 1, 1, 0)


def test_texts_are_indexed_only_for_a_reason_that_stands_in_the_log(
    taken_in: Parts, run: Callable[..., TextsMade]
) -> None:
    asking = Asking("auditor", "test")
    assert run(taken_in).indexed == 0
    assert taken_in.catalog.texts.find(["曹博"], asking) == ()
    assert run(with_index(taken_in)).indexed == 2  # those made before too
    assert acts(taken_in)[-1]["purpose"] == "answers to customers"
    found = taken_in.catalog.texts.find(["曹博"], asking)
    assert [one.name for one in found] == ["0001.jpg", "0002.jpg", "0003 再次.jpg"]
    assert run(with_index(taken_in)).indexed == 0


def test_what_was_taken_out_of_the_index_stays_out(
    taken_in: Parts, run: Callable[..., TextsMade]
) -> None:
    run(with_index(taken_in))
    taken_in.catalog.texts.unindex(DAY, None, Asking("officer", "request 7"))
    assert run(with_index(taken_in)).indexed == 0
    assert taken_in.catalog.texts.find(["曹博"], Asking("auditor", "test")) == ()


@pytest.fixture
def command(taken_in: Parts, stores: Stores, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs the command line on the workspace; only the stores lie in folders instead of a server."""

    @contextmanager
    def in_folders(*_: object) -> Iterator[Stores]:
        yield stores

    monkeypatch.setattr("flows.commands.texts.open_stores", in_folders)
    start = ["--workspace", str(taken_in.workspace.folder), "--lang", "en"]
    return lambda *words: CliRunner().invoke(app, [*start, *words])


def setting(parts: Parts, line: str) -> None:
    path = parts.workspace.folder / "paperproof.toml"
    path.write_text(path.read_text("utf-8").replace("[text]", f"[text]\n{line}\n#"), "utf-8")


def test_a_text_is_shown_to_its_owner_alone_and_the_log_has_the_purpose(
    taken_in: Parts, run: Callable[..., TextsMade], command: Callable[..., Any], tmp_path: Path
) -> None:
    run(taken_in)
    sha256 = taken_in.catalog.texts.of_day(DAY, "3301")[0].sha256
    target = tmp_path / "page.pdf"
    shown = command("text", "show", sha256[:10], "--output", str(target), "--purpose", "case 9")
    assert shown.exit_code == 0, shown.output
    assert text_of(target.read_bytes()) == "客户名称 曹博"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert (acts(taken_in)[-1]["act"], acts(taken_in)[-1]["purpose"]) == ("text.show", "case 9")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["text", "show", "ffffffff", "-o", "x.pdf", "--purpose", "p"], "no text of page"),
        (["text", "show", "0001.jpg", "-o", "x.pdf", "--purpose", "p"], "is no page"),
        (["text", "show", "ffffffff", "-o", "x.pdf"], "--purpose"),
        (["text", "make", "--day", "2026-11-19"], "was not closed yet"),
        (["text", "unindex", "--day", "2026-11-19"], "--purpose"),
        (["find", "曹博", "--purpose", "p"], "not indexed"),
    ],
)
def test_each_mistake_is_one_sentence(
    command: Callable[..., Any], words: list[str], told: str
) -> None:
    result = command(*words)
    assert result.exit_code != 0 and told in str(result.exception)


def test_pages_are_found_on_the_command_line(
    taken_in: Parts, run: Callable[..., TextsMade], command: Callable[..., Any]
) -> None:
    run(with_index(taken_in))
    setting(taken_in, 'index_reason = "answers"')
    found = command("find", "曹博", "客户", "--day", "2026-11-19", "--purpose", "case 9")
    assert found.exit_code == 0 and "0002.jpg" in found.output and "客户名称 曹博" in found.output
    assert "No indexed page" in command("find", "曹操", "--purpose", "case 9").output
    taken_out = command("text", "unindex", "--day", "2026-11-19", "--purpose", "request 7")
    assert "2 pages were taken out" in taken_out.output
    assert "No indexed page" in command("find", "曹博", "--purpose", "case 9").output
    assert "曹" not in json.dumps(acts(taken_in), ensure_ascii=False)


@pytest.mark.requirement("BM-01")
def test_a_secret_page_is_neither_found_nor_shown(
    taken_in: Parts, run: Callable[..., TextsMade], command: Callable[..., Any], tmp_path: Path
) -> None:
    run(with_index(taken_in))
    setting(taken_in, 'index_reason = "answers"')
    asked = ("find", "曹博", "--day", "2026-11-19", "--purpose", "case 9")
    before = command(*asked).output
    [page] = [
        one.sha256 for one in taken_in.catalog.texts.of_day(DAY, "3301") if one.name == "0002.jpg"
    ]
    assert page[:8] in before
    item = Item(ItemKind.PAGE, page, "3301")
    taken_in.catalog.secrecy.decide(item, "SECRET", "线索", "何静", datetime.now(UTC), lower=False)
    assert page[:8] not in command(*asked).output
    assert page not in acts(taken_in)[-1]["pages"]
    target = tmp_path / "page.pdf"
    refused = command("text", "show", page, "-o", str(target), "--purpose", "case 9")
    assert "not on the access list" in str(refused.exception)
    assert not target.exists()
