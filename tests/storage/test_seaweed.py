"""The server that Paperproof runs: shared, killed, moved aside, and gone when nobody needs it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import Denied, Full, Unavailable
from storage import processes, seaweed_ready
from storage.s3 import S3Store
from storage.s3_endpoint import S3Endpoint, connect
from storage.seaweed import LocalSeaweed
from storage.seaweed_setup import Setup, remove_sockets
from storage.store import digest

ODD_NAME = "工作区, of the 1st branch = 'B 01'"
ANOTHER_USER = """
import sys
from pathlib import Path
from storage.seaweed import LocalSeaweed
with LocalSeaweed(Path(sys.argv[1])).running() as endpoint:
    print(endpoint.host, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def own(tmp_path: Path) -> Iterator[LocalSeaweed]:
    server = LocalSeaweed(tmp_path / ODD_NAME)
    yield server
    server.stop_now()


def put(store: S3Store, content: bytes) -> bool:
    return store.put_once(f"obj/aa/{digest(content)}", content, digest(content)).existed


def bucket(endpoint: S3Endpoint, server: LocalSeaweed | None = None) -> S3Store:
    store = S3Store(endpoint, "pages", server.recover if server else None, pauses=(0.05, 0.05))
    store.ensure_bucket()
    return store


def kill(server: LocalSeaweed) -> None:
    pid = server.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def another_user(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", ANOTHER_USER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def line_of(user: subprocess.Popen[str]) -> str:
    assert user.stdout is not None
    return user.stdout.readline().strip()


def test_killed_between_puts_it_is_started_again_and_has_everything(own: LocalSeaweed) -> None:
    contents = [bytes([n]) * 20_000 for n in range(3)]
    with own.running() as endpoint:
        store = bucket(endpoint, own)
        for content in contents:
            assert not put(store, content)
            kill(own)
        assert all(put(store, content) for content in contents)
        kill(own)
        with pytest.raises(Unavailable, match="see that it runs"):
            S3Store(endpoint, "pages", pauses=()).check()
    assert own.pid() is None
    with own.running() as endpoint:
        for content in contents:
            assert bucket(endpoint).read(f"obj/aa/{digest(content)}") == content


def test_processes_share_it_and_the_last_one_out_stops_it(
    own: LocalSeaweed, tmp_path: Path
) -> None:
    users = [another_user(tmp_path / ODD_NAME) for _ in range(2)]
    hosts = {line_of(user) for user in users}
    with own.running() as endpoint, own.running() as again:
        assert hosts == {endpoint.host} == {again.host}
        users[0].communicate("leave\n")
        bucket(endpoint).check()
    bucket(endpoint).check()
    assert own.pid() is not None
    users[1].communicate("leave\n")
    assert own.pid() is None
    assert [user.returncode for user in users] == [0, 0]


def test_a_user_killed_by_force_is_forgotten(own: LocalSeaweed, tmp_path: Path) -> None:
    user = another_user(tmp_path / ODD_NAME)
    host = line_of(user)
    user.kill()
    user.communicate()
    pid = own.pid()
    assert pid is not None, "nobody was left to stop it"
    (
        tmp_path / ODD_NAME / "users" / f"{os.getpid()}-00000000-1-abcd"
    ).touch()  # a number given anew
    with own.running() as endpoint:
        assert (endpoint.host, own.pid()) == (host, pid)
    assert own.pid() is None
    assert not list((tmp_path / ODD_NAME / "users").iterdir())


def test_it_is_alone_in_its_session_and_keeps_its_secrets(
    own: LocalSeaweed, tmp_path: Path
) -> None:
    folder = tmp_path / ODD_NAME
    with own.running() as endpoint:
        pid = own.pid()
        assert pid is not None
        assert os.getsid(pid) == pid
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        log = (folder / "server.log").read_bytes()
        for secret in (endpoint.access_key, endpoint.secret_key):
            assert secret.encode() not in command + environment + log
        assert folder.stat().st_mode & 0o777 == 0o700
        for name in ("identity.json", "security.toml", "server.log"):
            assert (folder / name).stat().st_mode & 0o777 == 0o600
        addresses = {line.split()[1] for line in listening(pid)}
        assert addresses, "the server listens"
        assert all(address.startswith("0100007F:") for address in addresses)
        ports = [int(address.partition(":")[2], 16) for address in addresses]
    assert not [left for port in ports for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock")]


def listening(pid: int) -> list[str]:
    """The lines of the kernel's table for the sockets on which ``pid`` listens (state 0A)."""
    inodes = set()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        target = str(handle.readlink())
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    tables = [Path(f"/proc/{pid}/net/{name}") for name in ("tcp", "tcp6")]
    lines = [
        line for table in tables if table.exists() for line in table.read_text().split("\n")[1:]
    ]
    return [
        line for line in lines if line and line.split()[3] == "0A" and line.split()[9] in inodes
    ]


def test_when_its_port_is_taken_it_moves_and_still_has_everything(own: LocalSeaweed) -> None:
    with own.running() as endpoint:
        put(bucket(endpoint), b"a page")
    taken = socket.create_server(("127.0.0.1", int(endpoint.host.partition(":")[2]) + 3))
    with taken, own.running() as moved:
        assert moved.host != endpoint.host
        assert bucket(moved).read(f"obj/aa/{digest(b'a page')}") == b"a page"


def test_stopped_at_once_whoever_uses_it(own: LocalSeaweed) -> None:
    assert not own.stop_now()
    with own.running():
        assert own.stop_now()
        assert own.pid() is None
    assert not own.stop_now()


def test_a_workspace_removed_meanwhile_leaves_no_server(own: LocalSeaweed, tmp_path: Path) -> None:
    with own.running():
        pid = own.pid()
        ports = Setup(tmp_path / ODD_NAME).state()
        shutil.rmtree(tmp_path / ODD_NAME, ignore_errors=True)
    assert pid is not None and ports is not None
    assert processes.identity(pid) is None
    remove_sockets(ports.ports)


def test_a_start_that_fails_ends_in_one_sentence(own: LocalSeaweed, tmp_path: Path) -> None:
    folder = tmp_path / ODD_NAME
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "filerldb2").write_text("where the server wants a folder")
    with (
        pytest.raises(Unavailable, match=r"does not start .*server\.log, put that right"),
        own.running(),
    ):
        pass
    assert own.pid() is None
    assert not list((folder / "users").iterdir())


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    server = LocalSeaweed(tmp_path / "a file" / "server")
    with pytest.raises(Denied, match="cannot be used"), server.running():
        pass


def test_a_full_disk_is_named(server: LocalSeaweed, monkeypatch: pytest.MonkeyPatch) -> None:
    server.recover()
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=2**20))
    with pytest.raises(Full, match="free some space"):
        server.recover()


def test_a_server_that_lost_its_probe_is_prepared_again(server: LocalSeaweed) -> None:
    """As after a power cut: what it was told at first, to sync its disk, is gone with it."""
    client = connect(server.ensure_alive())
    client.remove_object("paperproof-probe", "ready")
    server.ensure_alive()
    assert client.stat_object("paperproof-probe", "ready").size


def test_a_missing_program_is_named(own: LocalSeaweed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        seaweed_ready, "distribution", lambda _name: type("Bare", (), {"files": []})()
    )
    with pytest.raises(Unavailable, match="script/bootstrap"), own.running():
        pass


def test_processes_are_told_apart_by_their_start() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    known_as = processes.identity(child.pid)
    assert known_as is not None
    assert processes.is_alive(known_as)
    assert not processes.is_alive(f"{known_as}0")
    processes.end(f"{known_as}0", 1)
    assert processes.is_alive(known_as)
    child.kill()
    while processes.is_alive(known_as):  # a zombie counts as gone: nobody has waited for it yet
        time.sleep(0.01)
    assert child.returncode is None
    child.communicate()
