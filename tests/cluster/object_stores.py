"""Object stores on several hosts: SeaweedFS with two copies of each piece on different hosts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from subprocess import CompletedProcess

from storage.seaweed_ready import weed
from storage.seaweed_setup import Setup
from tests.cluster.hosts import Host
from tests.cluster.waiting import listens, wait_until

S3_PORT, MASTER_PORT, FILER_PORT, VOLUME_PORT = 8333, 9333, 8888, 8080
_SMALL_VOLUMES_MB = 64
_ROOM = 200
"""Room is given out in volumes; a test's disk would otherwise be full of empty ones."""


def start_store(hosts: Sequence[Host]) -> None:
    """Master, filer and S3 on the first host, a volume server on each; of several, two have each piece."""
    first = hosts[0]
    copies = "001" if len(hosts) > 1 else "000"
    for host in hosts:
        _prepare(host, like=first)
    first.start(
        "master",
        [
            *(weed(), "master", f"-ip={first.address}", f"-port={MASTER_PORT}", "-mdir=meta"),
            *(f"-defaultReplication={copies}", f"-volumeSizeLimitMB={_SMALL_VOLUMES_MB}"),
            "-telemetry=false",
        ],
    )
    wait_until(lambda: listens(first, MASTER_PORT), "the master")
    for host in hosts:
        start_volume(host, first)
    room = f"free:{_ROOM * len(hosts)}"
    wait_until(lambda: room in _shell(first, "volume.list").stdout, "the volume servers")
    start_gateway(first)
    _sync_each_object(first, copies)


def start_volume(host: Host, first: Host) -> None:
    """Start a host's volume server, the first time or again."""
    host.start(
        "volume",
        [
            *(weed(), "volume", f"-ip={host.address}", f"-port={VOLUME_PORT}", "-dir=data"),
            *(f"-master={first.address}:{MASTER_PORT}", f"-max={_ROOM}"),
        ],
    )


def start_gateway(first: Host) -> None:
    """Start filer and S3 in one program."""
    first.start(
        "filer",
        [
            *(weed(), "filer", f"-ip={first.address}", f"-port={FILER_PORT}"),
            *(f"-master={first.address}:{MASTER_PORT}", "-defaultStoreDir=meta"),
            *(
                "-s3",
                f"-s3.port={S3_PORT}",
                f"-s3.config={Setup(first.folder).folder / 'identity.json'}",
            ),
            *("-s3.autoCreateBucket=false", "-s3.allowDeleteBucketNotEmpty=false"),
        ],
    )
    wait_until(lambda: listens(first, S3_PORT), "the S3 gateway")


def credentials(host: Host) -> str:
    """The keys of a store, as a workspace's credentials file (TOML)."""
    [identity] = json.loads((host.folder / "identity.json").read_text("ascii"))["identities"]
    [keys] = identity["credentials"]
    return f'access_key = "{keys["accessKey"]}"\nsecret_key = "{keys["secretKey"]}"\n'


def _prepare(host: Host, like: Host) -> None:
    """Give a host its folders, and the keys that close the servers' inner ports."""
    for name in ("data", "meta"):
        (host.folder / name).mkdir()
    Setup(like.folder).prepare()
    if host is not like:
        shutil.copy(like.folder / "security.toml", host.folder)


def _sync_each_object(first: Host, copies: str) -> None:
    """Have each object synced to disk on all of its hosts before a put is answered (rule R5)."""
    told = _shell(
        first, f"fs.configure -locationPrefix=/buckets/ -fsync=true -replication={copies} -apply"
    )
    assert '"fsync":  true' in told.stdout, told


def _shell(first: Host, line: str) -> CompletedProcess[str]:
    """Say one line to SeaweedFS's own shell."""
    master, filer = (f"{first.address}:{port}" for port in (MASTER_PORT, FILER_PORT))
    return first.run([weed(), "shell", f"-master={master}", f"-filer={filer}"], given=f"{line}\n")
