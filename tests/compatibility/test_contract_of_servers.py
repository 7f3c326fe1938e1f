"""Every server passes the contract of stores, but for what is written down here that it cannot do."""

from __future__ import annotations

import pytest

from storage.store import Store
from tests.compatibility.conftest import Server
from tests.storage import test_contract as contract

pytestmark = pytest.mark.slow

FAILS: dict[str, set[str]] = {
    "seaweed": set(),
    "seaweed-https": set(),
    # If-None-Match is not looked at in a bucket with versions: a second put makes a second version.
    "ceph": {"test_a_key_is_taken_once", "test_of_many_writers_one_wins"},
    # Neither put-if-absent nor versions; locks are taken, told back and not kept.
    "rclone": {
        "test_a_key_is_taken_once",
        "test_of_many_writers_one_wins",
        "test_what_is_not_there_is_not_found",
        "test_the_versions_of_a_key_the_newest_first",
        "test_every_version_under_a_prefix_also_of_what_is_gone",
        "test_a_version_is_deleted_for_good_only_with_an_approval",
        "test_locks_hold_or_are_unsupported",
    },
}
"""Server -> the tests of the contract that it is known to fail; one that it passes is told as well."""

CONTRACT = [
    name
    for name, test in vars(contract).items()
    if name.startswith("test_") and "store" in test.__code__.co_varnames[:1]
]


@pytest.fixture(params=[False, True], ids=["plain", "locking"])
def store(request: pytest.FixtureRequest, server: Server, monkeypatch: pytest.MonkeyPatch) -> Store:
    if server.endpoint.ca_file:
        monkeypatch.setenv("SSL_CERT_FILE", server.endpoint.ca_file)
    if request.node.originalname in FAILS.get(server.name, set()):
        request.applymarker(pytest.mark.xfail(strict=True))
    return server.bucket(object_lock=request.param)


for _name in CONTRACT:
    globals()[_name] = getattr(contract, _name)
