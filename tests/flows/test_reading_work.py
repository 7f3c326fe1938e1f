"""Real processes read one branch's pages: killed and late ones lose nothing and finish nothing twice."""

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import Future
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from catalog.catalog import Catalog
from catalog.connection import newest_version
from flows.parts import Parts
from flows.reading_work import ReadingWork, Worked, read_chunks
from flows.settings import Settings
from flows.workspace import Workspace
from pipeline.claims import LeaseRules, Worker
from pipeline.errors import PaperproofError
from pipeline.language import Message, say
from pipeline.model import Reading
from storage.folder import FolderStore
from storage.store import digest
from storage.vault import Vault
from tests.catalog.test_keying import admit
from tests.databases import Databases

from .conftest import DAY, Run, Silent

_FORK = get_context("fork")
PAGES = [f"page {number}".encode() for number in range(60)]
SHAS = sorted(map(digest, PAGES))
RULES = LeaseRules(chunk_pages=30, lease_seconds=2, renew_seconds=1)


class Readers:
    """Stands where the reading processes stand: 20 ms a page, by whom stands in what was read."""

    def __init__(self, name: str) -> None:
        self.name = name

    def use(self, make_reader: object) -> None:
        """Read by another reader: there is one only."""

    def submit(self, content: bytes) -> Future[Reading]:
        time.sleep(0.02)
        future: Future[Reading] = Future()
        future.set_result(Reading((), {}, (), self.name, 0.0, 0.0))
        return future


@pytest.fixture
def settings(databases: Databases) -> Settings:
    return Settings(leases=RULES, catalog=databases.new())


@pytest.fixture
def workspace_with_pages(tmp_path: Path, settings: Settings) -> Workspace:
    workspace = Workspace(tmp_path)
    workspace.create()
    catalog = Catalog.open(workspace.catalog_url(settings))
    for number, content in enumerate(PAGES):
        admit(catalog, digest(content), name=f"{number}.jpg")
    catalog.claims.queue(DAY, "3301", RULES)
    catalog.close()
    vault_of(workspace)
    return workspace


def vault_of(workspace: Workspace) -> Vault:
    primary, replica = (FolderStore(workspace.folder / name) for name in ("p", "r"))
    for store in (primary, replica):
        store.ensure_folder()
    vault = Vault(primary, replica)
    for content in PAGES:
        primary.put_once(f"obj/{digest(content)[:2]}/{digest(content)}", content, digest(content))
    return vault


def work(
    workspace: Workspace, settings: Settings, name: str, at: Callable[[str], None]
) -> ReadingWork:
    catalog = Catalog.open(workspace.catalog_url(settings))
    parts = Parts(workspace, settings, catalog)
    readers: Any = Readers(name)
    worker = Worker(name, newest_version())
    return ReadingWork(parts, vault_of(workspace), lambda: readers, worker, Silent(), at=at)


class Process:
    """A worker in a process of its own; ``held_at``: it waits at the 5th page until it is told to go on."""

    def __init__(
        self, workspace: Workspace, settings: Settings, name: str, held_at: str = ""
    ) -> None:
        self.line, theirs = _FORK.Pipe()

        def run() -> None:
            seen: list[str] = []

            def at(step: str) -> None:
                seen.append(step)
                if step == held_at and seen.count(step) == 5:
                    theirs.send(step)
                    theirs.recv()

            theirs.send(read_chunks(work(workspace, settings, name, at), DAY, "3301"))

        self._process = _FORK.Process(target=run)
        self._process.start()
        self.pid = self._process.pid or 0

    def ended(self) -> Worked:
        worked: Worked = self.line.recv()
        self._process.join()
        return worked

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self._process.join()


def read_by(workspace: Workspace, settings: Settings) -> list[str]:
    """Who read each page; every page must have been read."""
    catalog = Catalog.open(workspace.catalog_url(settings))
    found = [catalog.readings.of_page(sha256) for sha256 in SHAS]
    assert not catalog.claims.open()
    catalog.close()
    return [one.engine for one in found if one]


def test_a_busy_worker_leaves_its_chunk_for_one_that_a_dead_worker_left(
    workspace_with_pages: Workspace, settings: Settings
) -> None:
    claimed: list[int] = []

    def at(step: str) -> None:
        if step == "claimed":
            held = [one for one in claims.open() if one.worker == "alive" and one.until]
            claimed.extend(one.no for one in held)
        time.sleep(0.2 if step == "page_read" else 0)  # 6 s for its own chunk

    alive = work(workspace_with_pages, settings, "alive", at)
    claims = alive.parts.catalog.claims
    dead = claims.claim(Worker("dead", newest_version()), RULES)
    worked = read_chunks(alive, DAY, "3301")
    assert dead and claimed == [dead.no + 1, dead.no, dead.no + 1]
    assert (worked.chunks, worked.pages, worked.lost) == (2, 60, 0)
    assert [one.late for one in claims.all()] == [0, 0]
    alive.parts.catalog.close()
    assert read_by(workspace_with_pages, settings) == ["alive"] * 60


@pytest.mark.parametrize("step", ["page_read", "page_entered"])
def test_a_killed_workers_pages_are_taken_over(
    workspace_with_pages: Workspace, settings: Settings, step: str
) -> None:
    first = Process(workspace_with_pages, settings, "first", step)
    assert first.line.recv() == step
    first.kill()
    second = Process(workspace_with_pages, settings, "second")
    third = Process(workspace_with_pages, settings, "third")
    worked = [second.ended(), third.ended()]
    readers = read_by(workspace_with_pages, settings)
    assert len(readers) == len(SHAS)
    assert readers.count("first") == (5 if step == "page_entered" else 4)
    assert sum(one.pages for one in worked) == len(SHAS) - readers.count("first")
    assert sum(one.chunks for one in worked) == 2 and not any(one.lost for one in worked)


def test_one_that_comes_back_late_is_told_and_its_reading_thrown_away(
    workspace_with_pages: Workspace, settings: Settings
) -> None:
    first = Process(workspace_with_pages, settings, "first", "page_read")
    assert first.line.recv() == "page_read"
    os.kill(first.pid, signal.SIGSTOP)  # its heartbeat too
    assert Process(workspace_with_pages, settings, "second").ended().pages == len(SHAS) - 4
    os.kill(first.pid, signal.SIGCONT)
    first.line.send("go on")
    assert first.ended() == Worked(chunks=0, pages=4, lost=1)
    assert read_by(workspace_with_pages, settings).count("first") == 4
    catalog = Catalog.open(workspace_with_pages.catalog_url(settings))
    assert [(one.fence, one.late) for one in catalog.claims.all()] == [(2, 1), (1, 0)]
    catalog.close()


def test_each_page_that_a_worker_read_is_told_with_its_batch(
    workspace_with_pages: Workspace, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    one = work(workspace_with_pages, settings, "first", lambda _: None)
    with caplog.at_level("INFO", "paperproof"):
        read_chunks(one, DAY, "3301")
    about = [r.__dict__["about"] for r in caplog.records if r.getMessage() == "page.read"]
    batches = {page.page_id: page.batch_id for page in one.parts.catalog.pages.of_day(DAY, "3301")}
    assert {told["page"]: told["batch"] for told in about} == batches
    assert {(told["branch"], told["day"]) for told in about} == {("3301", DAY)}
    one.parts.catalog.close()


def test_a_worker_that_cannot_read_gives_its_chunk_back(
    workspace_with_pages: Workspace, settings: Settings
) -> None:
    def broken() -> Any:
        raise PaperproofError(say("The reading processes cannot be started."))

    told: list[Message] = []
    one = work(workspace_with_pages, settings, "first", lambda _: None)
    with pytest.raises(PaperproofError, match="cannot be started"):
        read_chunks(ReadingWork(one.parts, one.vault, broken, one.worker, Silent(), told.append))
    assert [chunk.until for chunk in one.parts.catalog.claims.open()] == [None, None]
    assert read_chunks(one).pages == len(SHAS)
    assert not told
    one.parts.catalog.close()


def test_what_waits_is_shown(run: Run, parts: Parts) -> None:
    assert "No chunk of pages waits" in run("worker", "status").output
    for number, content in enumerate(PAGES):
        admit(parts.catalog, digest(content), name=f"{number}.jpg")
    parts.catalog.claims.queue(DAY, "3301", RULES)
    parts.catalog.claims.claim(Worker("host-a/7", newest_version()), RULES)
    shown = run("worker", "status").output
    assert "host-a/7" in shown and shown.count("2026-11-19") == 2
    assert '"worker": "host-a/7"' in run("worker", "status", "--json").output
