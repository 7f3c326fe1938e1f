"""What lies in the folder of the local SeaweedFS server, and how its program is called."""

from __future__ import annotations

import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from storage.s3_endpoint import S3Endpoint

_LOOPBACK = "127.0.0.1"
_LOWEST_PORT = 12_000
_HIGHEST_PORT = 22_000
"""Each port also takes the one 10,000 above it; both then lie below those the system gives out."""
_GRPC_OFFSET = 10_000


@dataclass(frozen=True)
class Ports:
    """Five ports in a row, each with its partner 10,000 above."""

    first: int

    @property
    def s3(self) -> int:
        """Port of the S3 gateway, the only one that Paperproof speaks to."""
        return self.first

    @property
    def master(self) -> int:
        """Port of the master."""
        return self.first + 1

    @property
    def filer(self) -> int:
        """Port of the filer."""
        return self.first + 2

    @property
    def volume(self) -> int:
        """Port of the volume server."""
        return self.first + 3

    @property
    def admin(self) -> int:
        """Port of the admin server."""
        return self.first + 4

    def all(self) -> list[int]:
        """Return all ten."""
        return [self.first + step + offset for offset in (0, _GRPC_OFFSET) for step in range(5)]

    def are_free(self) -> bool:
        """Tell whether a server could listen on all of them now."""
        return all(_is_free(port) for port in self.all())


@dataclass(frozen=True)
class State:
    """What one start of the server leaves for the processes that come after."""

    first_port: int
    process: str
    """The server's process, as ``processes.identity`` names it."""

    @property
    def ports(self) -> Ports:
        """The server's ports."""
        return Ports(self.first_port)


class Setup:
    """The server's folder: made once, read by every process that uses the server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.users = folder / "users"
        self.log = folder / "server.log"
        self._identity = folder / "identity.json"
        self._state = folder / "server.json"
        self.mark = f"-s3.config={self._identity}"
        """The one argument that no other server has: its process is known by it."""

    def prepare(self) -> None:
        """Make the folders and the secrets that are not there yet."""
        for folder in (self.folder / "data", self.users):
            folder.mkdir(exist_ok=True)
        if not self._identity.exists():
            _write_whole(self._identity, _new_identity())
        security = self.folder / "security.toml"
        if not security.exists():
            _write_whole(security, _new_security())

    def state(self) -> State | None:
        """Return what the last start wrote down; None before the first."""
        if not self._state.exists():
            return None
        return State(**json.loads(self._state.read_text(encoding="ascii")))

    def write_state(self, state: State) -> None:
        """Write down where the server is to answer, and which process it is."""
        _write_whole(self._state, json.dumps(asdict(state)))

    def endpoint(self, ports: Ports) -> S3Endpoint:
        """Return where a server with ``ports`` answers, with its keys."""
        [identity] = json.loads(self._identity.read_text(encoding="ascii"))["identities"]
        [keys] = identity["credentials"]
        return S3Endpoint(
            host=f"{_LOOPBACK}:{ports.s3}",
            access_key=keys["accessKey"],
            secret_key=keys["secretKey"],
            secure=False,
        )

    def command(self, weed: Path, ports: Ports) -> list[str]:
        """Return the command line; keys are in files, never here. To be run in the folder."""
        return [
            str(weed),
            "mini",
            # Relative: weed takes a comma for the start of another folder.
            "-dir=data",
            f"-ip={_LOOPBACK}",
            f"-ip.bind={_LOOPBACK}",
            f"-s3.port={ports.s3}",
            f"-master.port={ports.master}",
            f"-filer.port={ports.filer}",
            f"-volume.port={ports.volume}",
            f"-admin.port={ports.admin}",
            self.mark,
            # On by default: it would report to its makers.
            "-master.telemetry=false",
            "-admin.ui=false",
            "-webdav=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            # The automatic limit ran out at some 50 buckets: "No writable volumes".
            "-volume.max=4000",
            # By default a mistyped bucket is made, and a full one may be deleted.
            "-s3.autoCreateBucket=false",
            "-s3.allowDeleteBucketNotEmpty=false",
        ]

    def environment(self) -> dict[str, str]:
        """Return all that the server gets to see of the environment: no keys, no one's home."""
        return {"HOME": str(self.folder), "PATH": os.defpath}

    def last_words(self) -> str:
        """Return the last line of the server's log that is not blank; "" when there is none."""
        if not self.log.exists():
            return ""
        lines = self.log.read_text(encoding="utf-8", errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


def remove_sockets(ports: Ports) -> None:
    """Remove the sockets that weed leaves in /tmp, named by its ports."""
    for port in ports.all():
        for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # noqa: S108  weed's choice
            left.unlink(missing_ok=True)


def free_ports() -> Ports:
    """Choose ports that nobody listens on now."""
    while True:
        ports = Ports(_LOWEST_PORT + secrets.randbelow(_HIGHEST_PORT - _LOWEST_PORT - 5))
        if ports.are_free():
            return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port on which old connections only fade away is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
        except OSError:
            return False
    return True


def _new_identity() -> str:
    keys = {"accessKey": secrets.token_hex(10), "secretKey": secrets.token_urlsafe(30)}
    return json.dumps(
        {
            "identities": [
                {
                    "name": "paperproof",
                    "credentials": [keys],
                    "actions": ["Admin", "Read", "Write", "List", "Tagging"],
                }
            ]
        }
    )


def _new_security() -> str:
    """Close the server's inner ports, which otherwise let any local user delete what S3 protects."""
    return "".join(
        f'[{section}]\nkey = "{secrets.token_hex(24)}"\nexpires_after_seconds = 60\n\n'
        for section in (
            "jwt.signing",
            "jwt.signing.read",
            "jwt.filer_signing",
            "jwt.filer_signing.read",
        )
    )


def _write_whole(path: Path, text: str) -> None:
    """Write a file that only its owner may read, and that is never half there."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)
