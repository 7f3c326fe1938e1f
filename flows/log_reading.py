"""The log as the stores hold it: every version of every object, given to the search for tampering."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from flows.progress import Progress
from pipeline.audit.note import Checkpoint, LogKey
from pipeline.audit.proving import Held, Kind, Proved, Prover
from pipeline.errors import StoreError
from pipeline.language import say
from storage.store import LOG_PREFIX, Store, Version, digest, sha256_of_key

_FILE = re.compile(rf"([0-9a-f]{{64}})\.({'|'.join(Kind)})")


def prove(
    objects: Iterable[Held], key: LogKey, known: Iterable[Checkpoint], progress: Progress
) -> Proved:
    """Tell what objects of the log prove; ``known``: checkpoints that were kept elsewhere."""
    prover = Prover(key)
    for one in objects:
        prover.take(one)
        progress.step(say("read {name}", name=one.sha256[:12]))
    for checkpoint in known:
        prover.take_known(checkpoint)
    return prover.proved()


def in_store(store: Store) -> Iterator[Held]:
    """Yield the log's objects in a store as they are now; where that is not whole, the older whole one too.

    A repair leaves the bad bytes as an older version: while the newest is whole, they say nothing.
    """
    for key, found in groupby(store.iter_versions(LOG_PREFIX), key=lambda one: one[0]):
        named = sha256_of_key(key)
        kind = key.rpartition(".")[2]
        if named is None or kind not in tuple(Kind):
            continue  # none of ours; the sweep tells of it
        versions = sorted((version for _, version in found), key=lambda one: not one.is_latest)
        for version in versions:
            held = Held(key, named, Kind(kind), _content(store, key, version))
            whole = held.content is not None and digest(held.content) == named
            if whole or version.is_latest:
                yield held
            if whole:
                break


def in_folder(folder: Path) -> Iterator[Held]:
    """Yield the log's objects in a folder: a copy of a store's ``audit/``, or a carrier of the cold copy."""
    for path in sorted(folder.rglob("*")):
        if (named := _FILE.fullmatch(path.name)) and path.is_file():
            try:
                content: bytes | None = path.read_bytes()
            except OSError:
                content = None
            yield Held(str(path.relative_to(folder)), named[1], Kind(named[2]), content)


def _content(store: Store, key: str, version: Version) -> bytes | None:
    if version.is_marker:
        return None
    try:
        return store.read(key, version.version_id)
    except StoreError:
        return None
