"""The hosts of the cluster test put together: one catalog, one distributed store, workers, a station."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

from tests.cluster.hosts import Cluster, Host, cluster
from tests.cluster.object_stores import S3_PORT, credentials, start_store
from tests.cluster.services import (
    PAPERPROOF,
    PREFECT_PORT,
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
            "PREFECT_API_URL": f"http://{self.centre.address}:{PREFECT_PORT}/api",
            "DO_NOT_TRACK": "1",
        }

    def start_reader(self, name: str) -> None:
        """Start a host's reading worker."""
        host = self.net[name]
        host.start(
            "worker",
            [*PAPERPROOF, "-w", host.folder / "workspace", "worker", "read"],
            environment=self.environment(host),
            again=True,
        )

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

    def chunks(self) -> list[dict[str, str | int | None]]:
        """The chunks that are not read yet."""
        found: list[dict[str, str | int | None]] = json.loads(
            self.must("worker", "status", "--json")
        )
        return found

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
