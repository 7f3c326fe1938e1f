"""Checking an evidence pack: its files against the manifest, that against its signature, the log's proofs.

Nothing is unpacked: a pack comes from outside and may name any path.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from flows.evidence import KEY, MANIFEST, SIGNATURE
from pipeline.audit.certificate import Certificate
from pipeline.audit.note import LogKey
from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.signature import Signature, public_key_of

_LINE = re.compile(r"([0-9a-f]{64})  ([^\r\n]+)")
_SMALL = 1 << 20
"""Manifest, keys and certificates are read into memory; none is larger."""
_PIECE = 1 << 20
_OWN_LOG_KEY = "log/key.txt"


@dataclass(frozen=True)
class Checked:
    """What a pack was found to be."""

    files: int
    certificates: int
    key: str
    """The key that signed it, 64 hex digits."""
    faults: tuple[Message, ...]


def check_evidence(path: Path, key: str | None = None, log_key: LogKey | None = None) -> Checked:
    """Check a pack; ``key``: what it must be signed with, ``log_key``: the log's, each from elsewhere.

    Without them the pack's own are used, which shows that it is whole, not who made it. Raises UserError
    when the file is no pack.
    """
    try:
        with zipfile.ZipFile(path) as pack:
            return _checked(pack, key, log_key)
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, NotImplementedError) as error:
        raise UserError(
            say("{path} is no evidence pack, or it is damaged ({why}).", path=path, why=str(error))
        ) from error


def _checked(pack: zipfile.ZipFile, key: str | None, log_key: LogKey | None) -> Checked:
    manifest = _small(pack, MANIFEST)
    signed_with = public_key_of(_small(pack, KEY))
    faults = []
    if not Signature(_small(pack, SIGNATURE).hex(), signed_with).holds_for(manifest):
        faults.append(say("The signature of {name} does not hold.", name=MANIFEST))
    if key is not None and key != signed_with:
        faults.append(say("It was signed with another key than {key}.", key=key))
    named = dict(_named(manifest))
    faults += _unlike(pack, named)
    certificates = [name for name in named if re.fullmatch(r"log/[0-9]+\.json", name)]
    if certificates and not faults:
        faults += _unproved(pack, certificates, log_key)
    return Checked(len(named), len(certificates), signed_with, tuple(faults))


def _unproved(
    pack: zipfile.ZipFile, certificates: list[str], key: LogKey | None
) -> Iterator[Message]:
    """Every certificate that does not hold; for packs whose files are whole."""
    key = key or LogKey.read(_small(pack, _OWN_LOG_KEY).decode())
    for name in certificates:
        if not Certificate.read(_small(pack, name)).proved_by(key):
            yield say("The certificate {name} does not hold.", name=name)


def _unlike(pack: zipfile.ZipFile, named: dict[str, str]) -> Iterator[Message]:
    """Every file that is not as the manifest says, is missing, or is not named in it."""
    there = [one.filename for one in pack.infolist()]
    for name in sorted(set(there) - set(named) - {MANIFEST, SIGNATURE}):
        yield say("{name} is not in the manifest.", name=name)
    for name in sorted({one for one in there if there.count(one) > 1}):
        yield say("{name} is in the pack more than once.", name=name)
    for name, wanted in named.items():
        if name not in there:
            yield say("{name} is missing.", name=name)
        elif _digest(pack, name) != wanted:
            yield say("{name} holds other bytes than the manifest says.", name=name)


def _digest(pack: zipfile.ZipFile, name: str) -> str | None:
    found = sha256()
    try:
        with pack.open(name) as file:
            while piece := file.read(_PIECE):
                found.update(piece)
    except zipfile.BadZipFile:  # its own sum does not hold
        return None
    return found.hexdigest()


def _named(manifest: bytes) -> Iterator[tuple[str, str]]:
    for line in manifest.decode().splitlines():
        found = _LINE.fullmatch(line)
        if not found:
            raise ValueError(MANIFEST)
        yield found[2], found[1]


def _small(pack: zipfile.ZipFile, name: str) -> bytes:
    with pack.open(name) as file:
        content = file.read(_SMALL + 1)
    if len(content) > _SMALL:
        raise ValueError(name)
    return content
