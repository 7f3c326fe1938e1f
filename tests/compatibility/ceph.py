"""Ceph's object gateway, the smallest one: a monitor, a store in memory and the gateway, on loopback."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from storage.s3_endpoint import S3Endpoint
from tests.compatibility.servers import KEY, SECRET, answers, free_port, running, wait_until

_PROGRAMS = ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
_CONFIGURATION = """
[global]
fsid = {fsid}
mon_host = [v1:127.0.0.1:{mon}]
ms_bind_msgr2 = false
public_addr = 127.0.0.1
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
osd_pool_default_size = 1
osd_pool_default_min_size = 1
mon_allow_pool_size_one = true
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
# The start takes 5 s instead of 14: making pools waits for these.
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
# Without these the store races with the monitor's map: "wrong fsid".
osd_crush_update_on_start = false
osd_class_update_on_start = false
osd_objectstore = memstore
mon_data = {folder}/mon
osd_data = {folder}/osd
run_dir = {folder}
admin_socket = {folder}/$name.asok
log_file = {folder}/$name.log
mon_cluster_log_file = {folder}/cluster.log
rgw_data = {folder}/rgw
rgw_frontends = beast endpoint=127.0.0.1:{rgw}
"""


def is_installed() -> bool:
    """Whether the programs are there; script/bootstrap --dev installs them."""
    return all(shutil.which(program) for program in _PROGRAMS)


@contextmanager
def ceph(folder: Path) -> Iterator[S3Endpoint]:
    """Run the gateway as long as the block lasts."""
    fsid, gateway = str(uuid.uuid4()), free_port()
    monitor = free_port()
    (folder / "ceph.conf").write_text(
        _CONFIGURATION.format(fsid=fsid, mon=monitor, rgw=gateway, folder=folder), "utf-8"
    )
    for made in ("osd", "rgw"):
        (folder / made).mkdir()
    address = f"[v1:127.0.0.1:{monitor}]"
    _call(folder, "monmaptool", "--create", "--fsid", fsid, "--addv", "a", address, "monmap")
    _call(folder, "ceph-mon", "--mkfs", "-i", "a", "--monmap", "monmap")
    environment = dict(os.environ)
    with ExitStack() as stack:

        def start(*command: str) -> None:
            stack.enter_context(running([*command, "-c", "ceph.conf", "-f"], folder, environment))

        start("ceph-mon", "-i", "a")
        osd = str(uuid.uuid4())
        _call(folder, "ceph", "osd", "new", osd)
        _call(folder, "ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        _call(folder, "ceph", "osd", "crush", "add-bucket", "default", "root")
        _call(folder, "ceph", "osd", "crush", "add", "osd.0", "1.0", "root=default", "host=h")
        start("ceph-osd", "-i", "0")
        user = ("--uid", "test", "--display-name", "test", "--access-key", KEY)
        _call(folder, "radosgw-admin", "user", "create", *user, "--secret", SECRET)
        start("radosgw", "-n", "client.rgw")
        endpoint = S3Endpoint(f"127.0.0.1:{gateway}", KEY, SECRET, secure=False)
        wait_until(lambda: answers(endpoint))
        yield endpoint


def _call(folder: Path, program: str, *arguments: str) -> None:
    configured = () if program == "monmaptool" else ("-c", "ceph.conf")
    subprocess.run(
        [program, *configured, *arguments],
        cwd=folder,
        check=True,
        timeout=60,
        capture_output=True,
    )
