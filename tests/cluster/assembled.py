"""The hosts of the cluster test put together: one catalog, one distributed store, workers, a station."""

from __future__ import annotations

import getpass
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

from tests.cluster.hosts import Cluster, Host, cluster
from tests.cluster.object_stores import S3_PORT, credentials, start_store
from tests.cluster.services import (
    PAPERPROOF,
    PREFECT_PORT,
    SITE_PORT,
    Database,
    program_environment,
    start_prefect,
    start_site,
)
from tests.compatibility.authority import Authority
from tests.postgresql_server import server_folder

READERS = ("reader1", "reader2")
STORES = ("store1", "store2", "store3")
_NAMES = ("centre", *STORES, "replica", *READERS, "station")
BRANCH, DAY = "3301", "2026-11-19"
_THIN_LINE_KB = os.environ.get("CLUSTER_LINE_KB", "300")
"""What the station may send in a second: with it the work lasts while hosts fail."""


@dataclass(frozen=True)
class Assembled:
    """What the test drives."""

    net: Cluster
    database: Database
    authority: Authority

    @property
    def centre(self) -> Host:
        """Where catalog, flow server and site are."""
        return self.net["centre"]

    def paperproof(self, *arguments: str | Path, patience: float = 600) -> CompletedProcess[str]:
        """Run a command of the program at the centre."""
        return self.centre.run(
            [*PAPERPROOF, "-w", self.centre.folder / "workspace", *arguments],
            environment=self.environment(self.centre),
            patience=patience,
        )

    def must(self, *arguments: str | Path, patience: float = 600) -> str:
        """Run a command that has to succeed; return what it printed."""
        done = self.paperproof(*arguments, patience=patience)
        assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def environment(self, host: Host) -> dict[str, str]:
        """What a host's programs are told: where catalog and flow server are."""
        return {
            **program_environment(),
            "PAPERPROOF_CATALOG": self.database.url("paperproof", "psycopg"),
            "PREFECT_HOME": str(host.folder / "prefect"),
            "PREFECT_API_URL": self._api,
            "DO_NOT_TRACK": "1",
        }

    def learn_forms(self, samples: Mapping[str, Sequence[Path]]) -> None:
        """Learn forms from filled scans, and give them to the reading hosts: a house knows its forms."""
        forms = self.centre.folder / "workspace" / "forms"
        for name, scans in samples.items():
            self.must("form", "learn", *scans, "--name", name, "--output", forms / f"{name}.json")
        for reader in READERS:
            shutil.copytree(
                forms, self.net[reader].folder / "workspace" / "forms", dirs_exist_ok=True
            )

    def start_reader(self, name: str) -> None:
        """Start a host's reading worker."""
        host = self.net[name]
        host.start(
            "worker",
            [*PAPERPROOF, "-w", host.folder / "workspace", "worker", "read"],
            environment=self.environment(host),
            again=True,
        )

    def start_night(self) -> None:
        """Register the flows and start the worker of the nightly ones at the centre."""
        self.must("deploy", "--api", self._api)
        self.centre.start(
            "night",
            [
                *(*PAPERPROOF, "-w", self.centre.folder / "workspace", "worker", "start"),
                *("--pool", "night", "--api", self._api),
            ],
            environment=self.environment(self.centre),
            again=True,
        )

    def start_agent(self, inbox: Path) -> None:
        """Start the station's agent on a scanner's inbox."""
        station = self.net["station"]
        station.start(
            "agent",
            [
                *(*PAPERPROOF, "agent", "run", "--folder", inbox, "--branch", BRANCH),
                *("--day", DAY, "--server", f"https://{self.centre.address}:{SITE_PORT}"),
                *("--token-file", self._token(), "--ca", self.authority.ca, "--every", "1"),
                *("--limit-kb", _THIN_LINE_KB),
            ],
            environment=program_environment(),
            again=True,
        )

    def _token(self) -> Path:
        """Give the station's machine a token; the accounts that this takes are made."""
        root = getpass.getuser()
        self.must("staff", "add", root, "--role", "headquarters")
        self.must("account", "first", "--system", "孙系统", "--security", "钱安全")
        self.must(
            *("staff", "add", "王芳", "--role", "scan_operator"),
            *("--branch", BRANCH, "--as", root),
        )
        self.must("account", "add", "王芳", "--as", "孙系统")
        until = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
        told = self.must(
            *("account", "token", "add", "王芳", "--machine", "station 1", "--for", "page.submit"),
            *("--until", until, "--as", "钱安全"),
        )
        file = self.net["station"].folder / "token"
        file.write_text(max(told.split(), key=len), "ascii")
        file.chmod(0o600)
        return file

    @property
    def _api(self) -> str:
        return f"http://{self.centre.address}:{PREFECT_PORT}/api"

    def start_site(self) -> None:
        """Start the site."""
        start_site(self.centre, self.environment(self.centre), self.authority)

    def start_flow_server(self) -> None:
        """Start the flow server."""
        start_prefect(self.centre, self.database.url("prefect", "asyncpg"))

    def pages_in(self) -> int:
        """How many pages are in the catalog."""
        return self._counted("SELECT count(*) FROM delivery")

    def pages_read(self) -> int:
        """How many pages are read."""
        return self._counted("SELECT count(*) FROM reading")

    def readable(self) -> int:
        """How many pages wait to be read or are."""
        return self._counted("SELECT count(DISTINCT sha256) FROM delivery WHERE state = 'admitted'")

    def progress(self) -> int:
        """Grows with each page that comes in and each that is read."""
        return self.pages_in() + self.pages_read()

    def is_done(self, pages: int) -> bool:
        """Whether all pages are in and read."""
        return self.pages_in() == pages and self.pages_read() == self.readable()

    def closings(self) -> int:
        """How many branch days were closed, balanced or not."""
        return self._counted("SELECT count(*) FROM day_close")

    def run_deployment(self, name: str) -> None:
        """Have the flow server start a flow now, as its schedule would."""
        done = self.centre.run(
            [sys.executable, "-m", "prefect", "deployment", "run", name],
            environment=self.environment(self.centre),
        )
        assert done.returncode == 0, done.stderr

    def claims_of(self, host: str) -> set[str]:
        """The claims that a host's workers hold, each as chunk and fence."""
        told = self.database.ask(
            "paperproof",
            "SELECT no, fence FROM reading_chunk"
            f" WHERE done_at IS NULL AND until IS NOT NULL AND worker LIKE '{host}/%'",
        )
        return set(told.split())

    def _counted(self, query: str) -> int:
        return int(self.database.ask("paperproof", query))


@contextmanager
def assembled(folder: Path) -> Iterator[Assembled]:
    """All hosts with what runs on them always: databases, stores, flow server, a workspace on each host."""
    with cluster(folder, _NAMES) as net, server_folder() as data:
        centre = net["centre"]
        database = Database.new(centre, data)
        database.start()
        database.prepare("paperproof", "prefect")
        start_store([net[name] for name in STORES])
        start_store([net["replica"]])
        made = Assembled(net, database, Authority(centre.folder, centre.address))
        _make_workspaces(made)
        made.start_flow_server()
        made.start_site()
        yield made


def _make_workspaces(made: Assembled) -> None:
    """One workspace at the centre; readers have its settings and keys, and no catalog of their own."""
    workspace = made.centre.folder / "workspace"
    workspace.mkdir()
    (workspace / "secrets").mkdir()
    settings = ['institution = "Cluster"', "workers = 1", "spool_days = 0"]
    for place, host in (("primary", made.net[STORES[0]]), ("replica", made.net["replica"])):
        keys = workspace / "secrets" / f"{place}.toml"
        keys.write_text(credentials(host), "ascii")
        keys.chmod(0o600)
        settings += [
            f"[{place}]",
            f'kind = "s3"\nendpoint = "{host.address}:{S3_PORT}"\nbucket = "paperproof-{place}"',
            f'credentials = "secrets/{place}.toml"',
            'secure = false\nclear_text = true\nlock = "compliance"',
        ]
    (workspace / "paperproof.toml").write_text("\n".join(settings), "utf-8")
    made.must("init")
    for name in READERS:
        shutil.copytree(workspace, made.net[name].folder / "workspace")
