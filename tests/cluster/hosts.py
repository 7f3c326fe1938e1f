"""Hosts of a cluster on one machine: network namespaces on one switch, and what runs in them.

Nothing of it touches the machine's own network: the switch is a bridge in a namespace of its own. Needs root.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_NETWORK = "10.77.0"
_PATIENCE = 20.0


@dataclass
class Host:
    """One host: its address, its folder, and the programs that run on it."""

    name: str
    number: int
    namespace: str
    folder: Path
    programs: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Its address, seen by all hosts."""
        return f"{_NETWORK}.{self.number}"

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        again: bool = False,
    ) -> None:
        """Run a program in the background; what it says goes to NAME.log of the host's folder.

        ``again``: whenever it ends it is started again, as systemd does (Restart=always).
        """
        if again:
            command = ["sh", "-c", 'while true; do "$@"; sleep 2; done', name, *command]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.programs[name] = subprocess.Popen(
                self._inside(command),
                cwd=folder or self.folder,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def run(
        self,
        command: Sequence[str | Path],
        *,
        given: str = "",
        environment: Mapping[str, str] | None = None,
        patience: float = 300.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end; what it printed and its exit code are in the result."""
        return subprocess.run(
            self._inside(command),
            cwd=self.folder,
            env={**os.environ, **(environment or {})},
            input=given,
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )

    def kill(self, name: str) -> None:
        """End a program and all it started (SIGKILL), also what made itself a session of its own."""
        process = self.programs.pop(name)
        for pid in (process.pid, *_started_by(process.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait(_PATIENCE)

    def power_off(self) -> None:
        """End all that runs on the host, as a power cut would."""
        running = subprocess.run(
            ["ip", "netns", "pids", self.namespace], capture_output=True, text=True, check=True
        )
        for pid in running.stdout.split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        for process in self.programs.values():
            process.wait(_PATIENCE)
        self.programs.clear()

    def stop(self, name: str) -> None:
        """Ask a program to end, and wait for it."""
        self._end(self.programs.pop(name), signal.SIGTERM)

    def runs(self, name: str) -> bool:
        """Whether a program still runs."""
        return name in self.programs and self.programs[name].poll() is None

    def last_words(self, name: str, count: int = 15) -> str:
        """The last lines of a program's log."""
        lines = (self.folder / f"{name}.log").read_text("utf-8", "replace").splitlines()
        return "\n".join(lines[-count:])

    def _inside(self, command: Sequence[str | Path]) -> list[str]:
        # Each replaces itself by the next: the process number is the command's own.
        named = ("unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', self.name)
        return ["ip", "netns", "exec", self.namespace, *named, *map(str, command)]

    def _end(self, process: subprocess.Popen[bytes], how: signal.Signals) -> None:
        if process.poll() is None:
            os.killpg(process.pid, how)
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@dataclass(frozen=True)
class Cluster:
    """All hosts and the switch between them."""

    switch: str
    hosts: Mapping[str, Host]

    def __getitem__(self, name: str) -> Host:
        return self.hosts[name]

    def cut(self, name: str) -> None:
        """Pull the cable between a host and the switch."""
        _ip("-n", self.switch, "link", "set", f"port{self[name].number}", "down")

    def mend(self, name: str) -> None:
        """Plug it in again."""
        _ip("-n", self.switch, "link", "set", f"port{self[name].number}", "up")


@contextmanager
def cluster(folder: Path, names: Sequence[str]) -> Iterator[Cluster]:
    """Hosts with these names on one switch; gone in the end with all that runs on them."""
    mark = f"pp{os.getpid()}"
    switch = f"{mark}-switch"
    hosts: dict[str, Host] = {}
    try:
        _ip("netns", "add", switch)
        _ip("-n", switch, "link", "add", "bridge", "type", "bridge")
        _ip("-n", switch, "link", "set", "bridge", "up")
        for number, name in enumerate(names, 1):
            hosts[name] = Host(name, number, f"{mark}-{name}", folder / name)
            _plug_in(hosts[name], switch)
        yield Cluster(switch, hosts)
    finally:
        for host in hosts.values():
            for program in reversed(list(host.programs)):
                host.stop(program)
            host.power_off()
        for namespace in [*(host.namespace for host in hosts.values()), switch]:
            _ip("netns", "del", namespace, must=False)


def _started_by(pid: int) -> list[int]:
    """The processes that a process started, and those that these did."""
    told = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    children = [int(one) for one in told.stdout.split()]
    return [*children, *(further for one in children for further in _started_by(one))]


def _plug_in(host: Host, switch: str) -> None:
    host.folder.mkdir(parents=True)
    port = f"port{host.number}"
    _ip("netns", "add", host.namespace)
    _ip(
        *("link", "add", "eth0", "netns", host.namespace),
        *("type", "veth", "peer", "name", port, "netns", switch),
    )
    _ip("-n", switch, "link", "set", port, "master", "bridge", "up")
    _ip("-n", host.namespace, "address", "add", f"{host.address}/24", "dev", "eth0")
    for device in ("lo", "eth0"):
        _ip("-n", host.namespace, "link", "set", device, "up")


def _ip(*arguments: str, must: bool = True) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if must and done.returncode:
        raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
