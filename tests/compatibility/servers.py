"""Real S3 servers, each started for a test run on loopback and ended by its process number."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pipeline.errors import StoreError
from storage.s3 import S3Store
from storage.s3_endpoint import S3Endpoint
from storage.seaweed_ready import weed
from storage.seaweed_setup import Setup, free_ports
from tests.compatibility.authority import Authority

PATIENCE = 60.0
"""Seconds until a server must answer; measured: SeaweedFS 1.7, Ceph 9."""
_ENDED = 20.0
KEY, SECRET = "compatibility-key", "compatibility-secret"


@contextmanager
def seaweed(folder: Path, secure: bool) -> Iterator[S3Endpoint]:
    """SeaweedFS as the workspace runs it; ``secure``: by https too, with a certificate of our own CA."""
    setup, ports = Setup(folder), free_ports()
    setup.prepare()
    endpoint = setup.endpoint(ports)
    command = setup.command(weed(), ports)
    if secure:
        authority, port = Authority(folder), free_port()
        command += [
            f"-s3.port.https={port}",
            f"-s3.cert.file={authority.certificate}",
            f"-s3.key.file={authority.key}",
        ]
        endpoint = replace(
            endpoint, host=f"127.0.0.1:{port}", secure=True, ca_file=str(authority.ca)
        )
    with running(command, folder, setup.environment()):
        wait_until(lambda: answers(endpoint))
        yield endpoint


@contextmanager
def rclone(folder: Path) -> Iterator[S3Endpoint]:
    """A server that takes lock headers, second puts and wrong checksums, and honours none of them."""
    port = free_port()
    (folder / "data").mkdir()
    command = [
        str(Path(sys.executable).with_name("rclone")),
        "serve",
        "s3",
        "--config",
        os.devnull,
        "--addr",
        f"127.0.0.1:{port}",
    ]
    command += ["--auth-key", f"{KEY},{SECRET}", str(folder / "data")]
    with running(command, folder, dict(os.environ)):
        endpoint = S3Endpoint(f"127.0.0.1:{port}", KEY, SECRET, secure=False)
        wait_until(lambda: answers(endpoint))
        yield endpoint


def answers(endpoint: S3Endpoint) -> bool:
    """Whether a server answers a question about a bucket."""
    try:
        S3Store(endpoint, "there-is-none", pauses=()).check()
    except StoreError as error:
        return "does not exist" in str(error)
    return True


@contextmanager
def running(command: list[str], folder: Path, environment: dict[str, str]) -> Iterator[int]:
    """Run a server as long as the block lasts; its log is in ``folder``."""
    with (folder / f"{Path(command[0]).name}.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(_ENDED)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(ready: Callable[[], bool]) -> None:
    """Wait for a server; fails after PATIENCE."""
    deadline = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < deadline, "the server does not answer"
        time.sleep(0.1)


def free_port() -> int:
    """Return a port that was free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
