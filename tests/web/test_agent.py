"""A station's agent against the real site on loopback: both killed, a line that drops, a day offline."""

import json
import random
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.agent.line import Debt, HttpLine, NoLine
from flows.parts import open_parts
from flows.settings import SETTINGS_NAME
from pipeline.access.acts import Act
from pipeline.errors import UserError
from pipeline.staff import Role, person_key
from tests.compatibility.authority import Authority
from tests.flows.conftest import DAY
from tests.web.conftest import appoint, make_account

PAPERPROOF = [sys.executable, "-c", "from flows.cli import main; main()"]
ENDS = 400.0


@dataclass
class DroppingProxy:
    """A thin line: each connection breaks off after some kilobytes; ``off``: none is let through."""

    to: int
    rng: random.Random
    off: bool = False
    listening: socket.socket = field(default_factory=socket.socket)
    dropped: int = 0

    def __post_init__(self) -> None:
        self.listening.bind(("127.0.0.1", 0))
        self.listening.listen()
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self._line, args=(client,), daemon=True).start()

    def _line(self, client: socket.socket) -> None:
        with client, socket.socket() as server:
            try:
                if self.off:
                    return
                server.connect(("127.0.0.1", self.to))
                threading.Thread(target=_pour, args=(server, client), daemon=True).start()
                left = self.rng.randrange(20_000, 400_000)
                while left > 0 and not self.off and (block := client.recv(4096)):
                    server.sendall(block)
                    left -= len(block)
                self.dropped += left <= 0
            except OSError:
                return


def _pour(source: socket.socket, to: socket.socket) -> None:
    try:
        while block := source.recv(4096):
            to.sendall(block)
        to.shutdown(socket.SHUT_WR)
    except OSError:
        return


@dataclass
class Headquarters:
    """A workspace and its site as a process of its own."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [*PAPERPROOF, "-w", str(self.folder), "web", "--port", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def token(self) -> str:
        with open_parts(self.folder) as parts:
            until = datetime.now(UTC) + timedelta(days=1)
            acts = frozenset({Act.PAGE_SUBMIT})
            return parts.catalog.machine_tokens.make(
                "scan server", person_key("王芳"), acts, until, "安全乙", datetime.now(UTC)
            )

    def withdraw(self) -> None:
        with open_parts(self.folder) as parts:
            live = next(one for one in parts.catalog.machine_tokens.all() if not one.ended_at)
            parts.catalog.machine_tokens.end(live.id, "安全乙", "lost", datetime.now(UTC))

    def rows(self) -> list[tuple[str, str]]:
        with open_parts(self.folder, reading=True) as parts:
            return [(row.name, row.state) for row in parts.catalog.pages.of_day(DAY, "3301")]


@pytest.fixture
def headquarters(tmp_path: Path) -> Iterator[Headquarters]:
    folder = tmp_path / "hq"
    subprocess.run([*PAPERPROOF, "-w", str(folder), "init"], check=True, capture_output=True)
    settings = folder / SETTINGS_NAME
    settings.write_text(
        settings.read_text("utf-8").replace("least_free_mb = 500", "least_free_mb = 0")
    )
    with open_parts(folder) as parts:
        appoint(parts, "王芳", Role.OPERATOR, "3301")
        make_account(parts, "王芳", datetime.now(UTC))
    found = Headquarters(folder, free_port())
    yield found
    if found.process:
        found.kill()
    subprocess.run(
        [*PAPERPROOF, "-w", str(folder), "store", "stop"], check=False, capture_output=True
    )


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@dataclass
class Station:
    inbox: Path
    token: Path
    address: str
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                *PAPERPROOF, "--lang", "en", "agent", "run", "--folder", str(self.inbox),
                "--server", self.address, "--token-file", str(self.token), "--branch", "3301",
                "--day", str(DAY), "--every", "0.2", "--quiet-seconds", "0",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def kill(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def status(self) -> dict:  # type: ignore[type-arg]
        told = subprocess.run(
            [*PAPERPROOF, "--lang", "en", "agent", "status", "--folder", str(self.inbox), "--json"],
            capture_output=True,
            check=False,
        )
        return json.loads(told.stdout)  # type: ignore[no-any-return]

    def until(self, holds: Callable[[dict], bool]) -> dict:  # type: ignore[type-arg]
        """Wait until the status is as wanted; the test fails when it never is."""
        ends = time.monotonic() + ENDS
        while not holds(told := self.status()):
            assert time.monotonic() < ends, told
            time.sleep(0.5)
        return told


@pytest.mark.slow
def test_count_in_is_count_out_whatever_is_killed(
    headquarters: Headquarters, tmp_path: Path, voucher: Callable[[int], bytes]
) -> None:
    rng = random.Random(8)
    line = DroppingProxy(headquarters.port, rng)
    inbox, token = tmp_path / "inbox", tmp_path / "token"
    inbox.mkdir()
    token.write_text(headquarters.token())
    token.chmod(0o600)
    station = Station(inbox, token, f"http://127.0.0.1:{line.port}")
    names = [f"{number:04}.jpg" for number in range(1, 13)]
    for number, name in enumerate(names[:8], 1):
        content = voucher(number) if number <= 2 else rng.randbytes(rng.randrange(50_000, 700_000))
        (inbox / name).write_bytes(content)
    station.start()  # nobody is there yet: a day offline
    station.until(lambda told: told["debt"]["files"] == 8 and told["trouble"])
    headquarters.start()
    station.kill()
    station.start()  # its pauses have grown meanwhile
    station.until(lambda told: told["archived"] + told["refused"] >= 1)
    station.kill()
    station.start()
    headquarters.kill()
    headquarters.start()
    station.until(lambda told: told["archived"] + told["refused"] >= 3)
    line.off = True
    for name in names[8:]:
        (inbox / name).write_bytes(rng.randbytes(90_000))
    station.until(lambda told: "cannot be reached" in (told["trouble"] or ""))
    headquarters.withdraw()
    line.off = False
    station.kill()
    station.start()
    told = station.until(lambda told: "does not accept" in (told["trouble"] or ""))
    assert told["debt"]["files"] >= 4
    token.write_text(headquarters.token())
    station.kill()
    station.start()
    told = station.until(lambda told: told["debt"]["files"] == 0)
    station.kill()
    assert (told["archived"], told["refused"]) == (2, 10)
    assert str(told["refusals"]).isascii(), "headquarters gives its reasons in the agent's language"
    assert line.dropped > 0
    assert [path.name for path in inbox.iterdir() if not path.name.startswith(".")] == []
    rows = headquarters.rows()
    assert sorted(name for name, _ in rows) == names
    assert sum(state == "admitted" for _, state in rows) == 2


def test_what_is_wrong_with_the_line_is_named(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("abc")
    token.chmod(0o644)
    nowhere = f"http://127.0.0.1:{free_port()}"
    debt = Debt(0, 0, 0, 0)
    with pytest.raises(UserError, match="others may read it"):
        HttpLine.to(nowhere, token, None, "1").report("3301", "s", "a", debt)
    token.chmod(0o600)
    with pytest.raises(NoLine, match="cannot be reached"):
        HttpLine.to(nowhere, token, None, "1").report("3301", "s", "a", debt)
    with pytest.raises(UserError, match="in the open"):
        HttpLine.to("http://archive.example", token, None, "1")
    with pytest.raises(UserError, match="no certificates"):
        HttpLine.to("https://archive.example", token, token, "1")
    token.unlink()
    with pytest.raises(UserError, match="cannot be read"):
        HttpLine.to(nowhere, token, None, "1").report("3301", "s", "a", debt)


def test_a_certificate_that_is_not_trusted_gets_nothing(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    token = tmp_path / "token"
    token.write_text("abc")
    token.chmod(0o600)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.certificate, authority.key)
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def serve() -> None:
            for _ in range(2):
                client, _ = server.accept()
                with client:
                    try:
                        with context.wrap_socket(client, server_side=True) as safe:
                            heard.append(_request(safe))
                            safe.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
                    except (ssl.SSLError, OSError):
                        continue

        threading.Thread(target=serve, daemon=True).start()
        address = f"https://127.0.0.1:{port}"
        with pytest.raises(NoLine, match="not trusted"):
            HttpLine.to(address, token, None, "1").report("3301", "s", "a", Debt(0, 0, 0, 0))
        assert heard == []
        with pytest.raises(NoLine, match="no Paperproof"):
            HttpLine.to(address, token, authority.ca, "1").report(
                "3301", "s", "a", Debt(0, 0, 0, 0)
            )
        assert b"Bearer abc" in heard[0]


def _request(safe: ssl.SSLSocket) -> bytes:
    """Read a whole request: whoever closes before has its answer thrown away with what it did not read."""
    got = b""
    while not got.endswith(b"}") and (more := safe.recv(9999)):
        got += more
    return got
