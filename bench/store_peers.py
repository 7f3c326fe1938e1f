"""Who takes in and verifies, side by side: the product, a bare loop over the SDK, and tools of others.

Taking in is, for each page and its receipt: put to both servers, read back from both. Verifying is: every
byte of every copy of the pages read once and hashed.
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import urllib3
from minio import Minio

from bench.store_archive import PLACES, Delivered, intake, rclone_environment, verifier
from flows.admit_page import admit, store
from flows.enter_pages import entering
from flows.in_turn import in_turn
from flows.parts import Parts
from flows.stores import Stores
from flows.taken_in import TakenIn
from pipeline.copies import Depth
from pipeline.language import say
from storage.s3_bucket import Bucket
from storage.s3_endpoint import S3Endpoint
from storage.store import Lock, sha256_of_key

TakeIn = Callable[[Path, Sequence[Delivered]], None]
Verify = Callable[[Sequence[Delivered]], None]


@dataclass(frozen=True)
class Paperproof:
    """The product: every copy read back and hashed, its lock read, page and receipt in the catalog."""

    parts: Parts
    stores: Stores
    threads: int

    def take_in(self, _folder: Path, pages: Sequence[Delivered]) -> None:
        """Store and enter pages as taking in does once they are inspected."""
        taken, inside = TakenIn(), intake(self.parts, self.stores, self.threads)
        rules = self.parts.rules_in_force(None, pages[0].arrival.batch.day)
        with entering(inside, taken) as gathered, in_turn(self.threads) as turn:
            for one in pages:
                page = (one.arrival, one.inspected(), one.claimed())
                stored = turn.ahead(one.arrival.sha256, partial(store, inside, *page, None))
                turn.then(partial(gathered.add, partial(admit, *page, rules, stored)))
            turn.finish()
        self.stores.vault.flush()
        must_be(taken.admitted, len(pages))

    def verify(self, pages: Sequence[Delivered]) -> None:
        """Verify as ``storage verify`` does, cold copies included, with the register brought up to date."""
        account = verifier(self.parts, self.stores).verify(
            (one.keys[0] for one in pages), Depth.BYTES, "bench"
        )
        must_be(account.copies, len(pages) * (1 + len(PLACES)))
        must_be(account.bad + account.unknown, 0)


@dataclass(frozen=True)
class BareSdk:
    """The SDK in a loop: nothing is hashed, compared or entered anywhere.

    ``same_puts``: it asks of the servers what the product must (rule R3, object lock): each put into a
    bucket with versions and locks, only if the key is free, with checksum and retention. Otherwise nothing.
    """

    endpoints: dict[str, S3Endpoint]
    threads: int
    bucket: str = "bare"
    same_puts: bool = False

    def take_in(self, _folder: Path, pages: Sequence[Delivered]) -> None:
        """Put each object to both servers and get it from both."""
        clients = self._clients()
        lock = Lock(datetime.now(UTC) + timedelta(days=400))

        def put(client: Minio, key: str, content: bytes) -> None:
            if self.same_puts:
                bucket = Bucket(client, self.bucket, say("{host}", host=self.bucket))
                bucket.put(key, content, sha256_of_key(key) or "", lock, {"If-None-Match": "*"})
            else:
                client.put_object(self.bucket, key, io.BytesIO(content), len(content))

        def put_and_get(one: Delivered) -> None:
            for key, path in zip(one.keys, one.files, strict=True):
                content = path.read_bytes()
                for client in clients:
                    put(client, key, content)
                for client in clients:
                    must_be(len(_got(client, self.bucket, key)), len(content))

        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(put_and_get, pages))

    def make_buckets(self) -> None:
        """Make what it puts into."""
        for client in self._clients():
            client.make_bucket(self.bucket, object_lock=self.same_puts)

    def verifying(self, cold: Callable[[str], bytes]) -> Verify:
        """Return a loop that gets and hashes both stores' copies, and the cold one's file."""
        clients = self._clients()

        def hashed(key: str) -> None:
            sha256 = Path(key).stem
            for content in (*(_got(one, self.bucket, key) for one in clients), cold(key)):
                must_be(hashlib.sha256(content).hexdigest(), sha256)

        def verify(pages: Sequence[Delivered]) -> None:
            with ThreadPoolExecutor(self.threads) as pool:
                list(pool.map(hashed, (one.keys[0] for one in pages)))

        return verify

    def _clients(self) -> list[Minio]:
        return [
            Minio(
                one.host,
                access_key=one.access_key,
                secret_key=one.secret_key,
                secure=one.secure,
                region=one.region,
                http_client=urllib3.PoolManager(maxsize=self.threads),
            )
            for one in self.endpoints.values()
        ]


@dataclass(frozen=True)
class Rclone:
    """``rclone copy`` to each server, then ``rclone check --download``, which reads every byte back."""

    endpoints: dict[str, S3Endpoint]
    threads: int
    bucket: str = "rclone"

    def take_in(self, folder: Path, _pages: Sequence[Delivered]) -> None:
        """Copy the folder to both servers and compare what they give back."""
        for act in (("copy",), ("check", "--download", "--one-way")):
            for place in PLACES:
                self._call(*act, str(folder), f"{place}:{self.bucket}")

    def verify(self, pages: Sequence[Delivered], folder: Path) -> None:
        """Hash both servers' copies, and a folder's files."""
        names = "".join(f"{one.keys[0]}\n" for one in pages)
        for place in (*(f"{place}:{self.bucket}" for place in PLACES), str(folder)):
            self._call(
                "hashsum", "sha256", "--download", place, "--files-from-raw", "-", given=names
            )

    def _call(self, *arguments: str, given: str = "") -> None:
        many = (f"--transfers={self.threads}", f"--checkers={self.threads}", "--retries=1")
        program = str(Path(sys.executable).with_name("rclone"))
        subprocess.run(
            [program, *arguments, *many, "--quiet"],
            check=True,
            input=given.encode(),
            stdout=subprocess.DEVNULL,
            env=rclone_environment(self.endpoints),
        )


def sha256sum(files: Iterable[Path], processes: int) -> None:
    """Hash files with the system's own tool, as many processes at once as named."""
    names = b"\0".join(str(path).encode() for path in files)
    subprocess.run(
        ["xargs", "-0", f"-P{processes}", "-n64", "sha256sum"],
        check=True,
        input=names,
        stdout=subprocess.DEVNULL,
    )


def must_be(found: object, wanted: object) -> None:
    """Stop a measurement that did not do its work."""
    if found != wanted:
        raise SystemExit(f"the measurement is wrong: {found} where {wanted} was due")


def _got(client: Minio, bucket: str, key: str) -> bytes:
    response = client.get_object(bucket, key)
    try:
        return response.read()
    finally:
        response.close()
        response.release_conn()
