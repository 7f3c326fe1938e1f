"""Where an S3 server answers, and a client that asks it once."""

from __future__ import annotations

from dataclasses import dataclass, field

import urllib3
from minio import Minio

from pipeline.errors import UserError
from pipeline.language import say

_CONNECT_SECONDS = 5.0
_READ_SECONDS = 60.0


@dataclass(frozen=True)
class S3Endpoint:
    """Where an S3 server answers, and as whom to speak to it."""

    host: str
    """Host and port, "127.0.0.1:8333"."""
    access_key: str
    secret_key: str = field(repr=False)
    secure: bool = True
    """https; plain http is for a server on this very machine."""
    region: str = "us-east-1"
    ca_file: str | None = None
    """The authority that signed the server's certificate; None: those the system trusts."""


def connect(
    endpoint: S3Endpoint,
    connect_seconds: float = _CONNECT_SECONDS,
    read_seconds: float = _READ_SECONDS,
) -> Minio:
    """Return a client that never tries again by itself: a repeated PUT would make a second version."""
    pool = urllib3.PoolManager(
        maxsize=8,
        timeout=urllib3.Timeout(connect=connect_seconds, read=read_seconds),
        retries=False,
        ca_certs=endpoint.ca_file,
    )
    try:
        return Minio(
            endpoint.host,
            access_key=endpoint.access_key,
            secret_key=endpoint.secret_key,
            secure=endpoint.secure,
            region=endpoint.region,
            http_client=pool,
        )
    except ValueError as error:
        raise UserError(
            say(
                "{host} is not the address of an object store ({reason}); "
                'write it in the settings as "host:port".',
                host=endpoint.host,
                reason=error,
            )
        ) from error
