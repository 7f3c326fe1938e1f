"""A PostgreSQL server of the tests' own, with every promise of a real one kept."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

USER = "paperproof"
_PROGRAMS = "/usr/lib/postgresql"
_MEMORY = Path("/dev/shm")  # where syncing costs nothing
_ROOM = 2 << 30


@dataclass
class PostgresqlServer:
    """Reached without a password by its socket, with one by the loopback address."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    _numbers: Iterator[int] = field(default_factory=count)

    def url(self, database: str) -> str:
        """The URL of a database, by the socket."""
        return f"postgresql://{USER}@/{database}?host={self.folder}&port={self.port}"

    def run(self, *statements: str) -> None:
        """Have the server do something outside any transaction."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def new_database(self, template: str) -> str:
        """Make a database as a copy of another one; return its name."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def stop(self) -> None:
        """Stop the server, cutting all sessions off."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)


@contextmanager
def postgresql_server(**settings: str) -> Iterator[PostgresqlServer]:
    """Run a server; ``settings`` go above those of its configuration file."""
    with server_folder() as folder:
        initialise(folder / "data")
        server = start(folder, None, **settings)
        try:
            yield server
        finally:
            server.stop()


def start(folder: Path, port: int | None = None, **settings: str) -> PostgresqlServer:
    """Start a server on what ``folder`` holds, and wait until it answers."""
    port = port or _free_port()
    given = {"listen_addresses": "127.0.0.1", "port": str(port), "shared_buffers": "32MB"}
    wanted = {**given, "unix_socket_directories": str(folder), **settings}
    options = [f"--{name}={value}" for name, value in wanted.items()]
    command = [program("postgres"), "-D", str(folder / "data"), *options]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, **server_account())
    server = PostgresqlServer(folder, port, process)
    for _ in range(600):
        try:
            server.run("SELECT 1")
            return server
        except psycopg.OperationalError:
            assert process.poll() is None, (folder / "log").read_text("utf-8")
            time.sleep(0.05)
    raise AssertionError((folder / "log").read_text("utf-8"))


def initialise(data: Path) -> None:
    """Make an empty server's files."""
    auth = ("--auth-local=trust", "--auth-host=scram-sha-256", f"--username={USER}")
    form = ("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
    command = [program("initdb"), "-D", str(data), *auth, *form]
    subprocess.run(command, check=True, capture_output=True, **server_account())


@contextmanager
def server_folder() -> Iterator[Path]:
    """A folder of the server's account, whose name is short enough for a socket's."""
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM
    with tempfile.TemporaryDirectory(prefix="pg-", dir=_MEMORY if roomy else "/tmp") as name:
        if account := server_account():
            os.chown(name, account["user"], account["group"])
        yield Path(name)


def server_account() -> dict[str, Any]:
    """Whom the server runs as: it refuses to be root."""
    if os.geteuid() != 0:
        return {}
    found = pwd.getpwnam("postgres")
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": [], "cwd": "/"}


def program(name: str) -> str:
    """Debian keeps the programs of each version in a folder of their own."""
    found = sorted(Path(_PROGRAMS).glob(f"*/bin/{name}"))
    return str(found[-1]) if found else name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
