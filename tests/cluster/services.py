"""What runs at the centre: PostgreSQL, the flow server, and the site for people and stations."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

from tests.cluster.hosts import Host
from tests.cluster.waiting import listens, wait_until
from tests.compatibility.authority import Authority
from tests.postgresql_server import USER, initialise, program, server_account

POSTGRESQL_PORT, PREFECT_PORT, SITE_PORT = 5432, 4200, 8421
PAPERPROOF = (sys.executable, "-c", "from flows.cli import main; main()")
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Database:
    """PostgreSQL on a host; ``folder`` belongs to the account that it runs as."""

    host: Host
    folder: Path
    password: str

    @classmethod
    def new(cls, host: Host, folder: Path) -> Database:
        """Make its files; who comes over the network needs the password."""
        initialise(folder / "data")
        made = cls(host, folder, secrets.token_urlsafe(16))
        with (folder / "data" / "pg_hba.conf").open("a") as rules:
            rules.write("host all all samenet scram-sha-256\n")
        return made

    def start(self) -> None:
        """Start it, the first time or again, and wait until it answers."""
        account = server_account()
        options = [
            f"--{name}={value}"
            for name, value in {
                "listen_addresses": self.host.address,
                "port": POSTGRESQL_PORT,
                "unix_socket_directories": self.folder,
                "shared_buffers": "64MB",
            }.items()
        ]
        who = [f"--reuid={account['user']}", f"--regid={account['group']}", "--clear-groups"]
        files = ["-D", str(self.folder / "data")]
        command = ["setpriv", *who, program("postgres"), *files, *options]
        self.host.start("postgresql", command, folder=self.folder)
        wait_until(lambda: self._psql("postgres", "SELECT 1").returncode == 0, "PostgreSQL")
        # It also runs when it could not listen, and would then be reached from this host alone.
        wait_until(lambda: listens(self.host, POSTGRESQL_PORT), "PostgreSQL, over the network")

    def prepare(self, *databases: str) -> None:
        """Give its account a password, and make databases."""
        made = [f"CREATE DATABASE {name}" for name in databases]
        for statement in (f"ALTER ROLE {USER} PASSWORD '{self.password}'", *made):
            self.ask("postgres", statement)

    def url(self, database: str, driver: str) -> str:
        """The URL of a database, as other hosts reach it."""
        at = f"{self.host.address}:{POSTGRESQL_PORT}/{database}"
        return f"postgresql+{driver}://{USER}:{self.password}@{at}"

    def ask(self, database: str, query: str) -> str:
        """Ask for one value."""
        told = self._psql(database, query)
        assert told.returncode == 0, told.stderr
        return told.stdout.strip()

    def _psql(self, database: str, statement: str) -> CompletedProcess[str]:
        at = [f"--host={self.folder}", f"--port={POSTGRESQL_PORT}", f"--username={USER}"]
        return self.host.run([program("psql"), *at, "-d", database, "-qAtc", statement])


def start_prefect(host: Host, database: str) -> None:
    """Start the flow server on its own database."""
    host.start(
        "prefect",
        [
            *(sys.executable, "-m", "prefect", "server", "start"),
            *("--host", host.address, "--port", str(PREFECT_PORT)),
        ],
        environment={
            "PREFECT_HOME": str(host.folder / "prefect"),
            "PREFECT_API_DATABASE_CONNECTION_URL": database,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
        },
    )
    wait_until(lambda: listens(host, PREFECT_PORT), "the flow server")


def start_site(host: Host, environment: Mapping[str, str], authority: Authority) -> None:
    """Serve the workspace's site to the other hosts."""
    host.start(
        "site",
        [
            *(*PAPERPROOF, "-w", host.folder / "workspace", "web", "--host", host.address),
            *("--port", str(SITE_PORT), "--read-later"),
            *("--certificate", authority.certificate, "--key", authority.key),
        ],
        environment=environment,
        again=True,
    )
    wait_until(lambda: listens(host, SITE_PORT), "the site")


def program_environment() -> dict[str, str]:
    """What the program needs to be found from any folder, and to speak English."""
    return {"PYTHONPATH": os.fspath(_ROOT), "PAPERPROOF_LANG": "en"}
