"""The object server that Paperproof runs by itself: SeaweedFS's ``weed``, in a folder, on loopback.

Several Paperproof processes share one server: the first starts it, the last one out stops it. What a
process killed by force left behind is recognised and put right by the next one.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.errors import Denied, Full, Unavailable, refused_by_system
from pipeline.language import say
from storage import processes
from storage.s3_endpoint import S3Endpoint
from storage.seaweed_ready import Readiness, client_for_probing, look, prepare, weed
from storage.seaweed_setup import Ports, Setup, State, free_ports, remove_sockets

_START_SECONDS = 30.0
"""Patience with a start; measured: 0.5 to 1.0 s, on a busy machine 1.7 s."""
_STOP_SECONDS = 15.0
"""Patience with a stop; measured: 2.0 to 2.7 s, the server's own way of closing down."""
_LOCK_SECONDS = 90.0
"""Patience with another process that starts or stops the server."""
_LEAST_ROOM = 32 * 2**20
"""Bytes free below which a failure is put down to the full disk; a put needs 4 MiB pieces and its log."""


class LocalSeaweed:
    """One SeaweedFS server and its folder.

    The folder holds ``data/`` (the objects), ``users/`` (one entry for each use now going on),
    ``identity.json`` and ``security.toml`` (random keys, mode 0600), ``server.json`` and ``server.log``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._setup = Setup(self._folder)

    @contextmanager
    def running(self) -> Iterator[S3Endpoint]:
        """Have the server run for as long as the block lasts; start it first if need be.

        Raises Unavailable, Full or Denied when it cannot be started.
        """
        user = self._enter()
        try:
            yield self.ensure_alive()
        finally:
            self._leave(user)

    def ensure_alive(self) -> S3Endpoint:
        """Start the server again if it died; return where it answers (the same place, if that is free)."""
        with self._alone():
            state = self._setup.state()
            for server in self._servers():
                if state and server == state.process and self._is_ready(server, state.ports):
                    return self._setup.endpoint(state.ports)
                processes.end(server, _STOP_SECONDS)
            return self._start(state.ports if state else free_ports())

    def recover(self) -> None:
        """Do what can be done after a failed request: start the server again, or name the full disk.

        Made for ``S3Store(recover=...)``; the server itself answers a full disk with "internal error".
        """
        self.ensure_alive()
        self._blame_full_disk()

    def stop_now(self) -> bool:
        """Stop the server, whoever uses it; tell whether one was running."""
        if not self._folder.is_dir():
            return False
        with self._alone():
            return self._stop()

    def pid(self) -> int | None:
        """Return the server's process number; None when it does not run."""
        return next(map(processes.pid_of, self._servers()), None)

    def _servers(self) -> set[str]:
        """Return our server's process, and any that was started by a process killed just then.

        One that is ending no longer shows its arguments, so what was written down counts too.
        """
        found = set(processes.with_argument(self._setup.mark))
        state = self._setup.state()
        if state and processes.is_alive(state.process):
            found.add(state.process)
        elif state:
            processes.reap(processes.pid_of(state.process))
        return found

    def _enter(self) -> Path:
        """Enter this use of the server in the book, so that nobody stops it meanwhile."""
        known_as = processes.identity(os.getpid())
        with self._alone(make=True):
            user = self._setup.users / f"{known_as}-{secrets.token_hex(4)}"
            user.touch()
        return user

    def _leave(self, user: Path) -> None:
        if not self._setup.users.is_dir():  # someone removed the workspace while we worked
            self._stop()
            return
        with self._alone():
            user.unlink(missing_ok=True)
            if not self._users():
                self._stop()

    def _users(self) -> list[Path]:
        """Return the uses that go on, having struck out those whose process was killed."""
        entries = list(self._setup.users.iterdir())
        for entry in entries:
            if not processes.is_alive(entry.name.rpartition("-")[0]):
                entry.unlink(missing_ok=True)
        return [entry for entry in entries if entry.exists()]

    def _start(self, ports: Ports) -> S3Endpoint:
        """Start the server, on ``ports`` if they are free."""
        for last in (False, False, True):
            if last or not ports.are_free():
                ports = free_ports()
            server = self._spawn(ports)
            try:
                if self._is_ready(server, ports):
                    return self._setup.endpoint(ports)
            except BaseException:
                processes.end(server, _STOP_SECONDS)
                raise
            slow = processes.is_alive(server)
            processes.end(server, _STOP_SECONDS)
            remove_sockets(ports)
            if slow:
                break
        self._blame_full_disk()
        raise Unavailable(
            say(
                "The local object server in {folder} does not start ({reason}); "
                "read {log}, put that right and run again.",
                folder=self._folder,
                reason=self._setup.last_words(),
                log=self._setup.log,
            )
        )

    def _spawn(self, ports: Ports) -> str:
        """Start ``weed`` in a session of its own, so that a Ctrl-C at the terminal is not for it.

        Not by ``subprocess``: the server may outlive this process, and may be stopped by another.
        """
        if self._setup.log.exists():
            self._setup.log.replace(self._setup.log.with_name("server.log.1"))
        in_folder = ["/bin/sh", "-c", 'cd -- "$0" && exec "$@"', str(self._folder)]
        command = [*in_folder, *self._setup.command(weed(), ports)]
        log_flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        pid = os.posix_spawn(
            command[0],
            command,
            self._setup.environment(),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self._setup.log), log_flags, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
            setsigmask=[],
        )
        server = processes.identity(pid) or f"{pid}-ended"
        self._setup.write_state(State(ports.first, server))
        return server

    def _is_ready(self, server: str, ports: Ports) -> bool:
        """Wait until the server can work; False when it ended or takes too long."""
        client = client_for_probing(self._setup.endpoint(ports))
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and processes.is_alive(server):
            readiness = look(client)
            if readiness is Readiness.NEW:
                prepare(self._setup, ports)
            if readiness is not Readiness.NOT_YET:
                return True
            time.sleep(0.03)
        return False

    def _stop(self) -> bool:
        servers = self._servers()
        for server in servers:
            processes.end(server, _STOP_SECONDS)
        state = self._setup.state()
        if state:
            remove_sockets(state.ports)
        return bool(servers)

    def _blame_full_disk(self) -> None:
        there = next(folder for folder in (self._folder, *self._folder.parents) if folder.exists())
        if shutil.disk_usage(there).free < _LEAST_ROOM:
            raise Full(
                say(
                    "The disk that holds {folder} is full; free some space on it and run again.",
                    folder=self._folder,
                )
            )

    @contextmanager
    def _alone(self, make: bool = False) -> Iterator[None]:
        """Keep other processes from starting or stopping the server meanwhile."""
        try:
            if make:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = FileLock(self._folder / "lock", timeout=_LOCK_SECONDS)
            with lock:
                if make:
                    self._setup.prepare()
                yield
        except Timeout as error:
            raise Unavailable(
                say(
                    "Another process has kept the local object server in {folder} busy for "
                    "{seconds:.0f} seconds; wait for it to end and run again.",
                    folder=self._folder,
                    seconds=_LOCK_SECONDS,
                )
            ) from error
        except OSError as error:
            self._blame_full_disk()
            raise Denied(
                say(
                    "The folder {folder} of the local object server cannot be used ({reason}); "
                    "see that it is there and that you may write in it.",
                    folder=self._folder,
                    reason=refused_by_system(error),
                )
            ) from error
