"""A cold volume encrypted for the way out: one file for age, beside open tags that say what it is.

``PP-000001.sealed/`` holds ``PP-000001.tar.age`` (the volume as a tar, encrypted to the public keys of those
who may open it: https://age-encryption.org/v1), ``volume.json``, ``objects.csv`` (digests, no names) and
``sha256sum.txt``, which ``sha256sum -c`` understands. Without an identity nobody looks
inside, Paperproof neither.
"""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO

from pipeline.errors import Corrupt, UserError
from pipeline.language import say
from storage.bags import Packed, VolumeCheck, close, discard, index_of, read_list, sync_all
from storage.disk import sync_folder
from storage.parity import FOLDER, make_parity, parity_faults
from storage.tar_pipe import packed_tar, unpacked_tar

STEPS = ("sealing_begun", "sealing_written", "sealing_named")
"""The steps of encrypting a volume that is made already; killed before it is named, nothing of it counts."""

SUFFIX, AGE = ".sealed", ".tar.age"
SUMS = "sha256sum.txt"
_ABOUT, _OBJECTS = "volume.json", "objects.csv"
_PARITY = "parity_percent"
_MOST_IN_MEMORY = 256 << 20


@dataclass(frozen=True)
class Sealing:
    """For whom a volume is encrypted, and what else lies openly beside it."""

    recipients: Sequence[str]
    """Public keys of age, age1…"""
    texts: Mapping[str, bytes]
    """Further open files, by name."""
    at: Callable[[str], None] = lambda _step: None
    parity: int = 0
    """Percent of parity over what is encrypted."""


def checked_recipient(text: str) -> str:
    """Return a public key of age; raises UserError when it is none."""
    import pyrage  # only who encrypts needs it

    try:
        return str(pyrage.x25519.Recipient.from_str(text.strip()))
    except pyrage.RecipientError as error:
        raise UserError(
            say(
                "“{key}” is no public key of age; it begins with age1 and is what age-keygen prints.",
                key=text,
            )
        ) from error


def seal(plain: Path, root: Path, check: VolumeCheck, sealing: Sealing) -> VolumeCheck:
    """Encrypt the volume in ``plain`` into ``root``; return its check with what names the sealed volume.

    Memory stays flat. Raises UserError for a recipient that is none, Corrupt when it cannot be read back.
    """
    name = check.name
    part, final = root / f"{name}{SUFFIX}.part", root / f"{name}{SUFFIX}"
    recipients = [checked_recipient(one) for one in sealing.recipients]
    discard(part)
    part.mkdir()
    sealing.at("sealing_begun")
    written = {f"{name}{AGE}": _encrypted(plain, part / f"{name}{AGE}", recipients)}
    about = {
        "volume": name,
        "objects": check.objects,
        "manifest_sha256": check.manifest,
        "encrypted_for": recipients,
        _PARITY: sealing.parity,
        "format": "tar of a BagIt 1.0 package, encrypted with age (https://age-encryption.org/v1)",
    }
    rows = [
        replace(one, file=PurePosixPath()) for one in read_list(plain / "data/index/objects.csv")
    ]
    texts = {
        **sealing.texts,
        _ABOUT: json.dumps(about, indent=2).encode(),
        _OBJECTS: index_of(rows),
    }
    for file, text in texts.items():
        (part / file).write_bytes(text)
        written[file] = hashlib.sha256(text).hexdigest()
    sums = "".join(f"{digest}  {file}\n" for file, digest in sorted(written.items()))
    (part / SUMS).write_text(sums, "utf-8")
    make_parity(part, name, sealing.parity)
    sync_all(part)
    sealing.at("sealing_written")
    found = checked_sealed(part, name)
    if not found.whole:
        raise Corrupt(
            say(
                "The encrypted volume {name} cannot be read back as it was written ({fault}); have the disk "
                "of {folder} looked at, then run this again.",
                name=name,
                fault=found.faults[0],
                folder=root,
            )
        )
    sealing.at("sealing_named")
    part.rename(final)
    close(final)
    sync_folder(root)
    return found


def checked_sealed(folder: Path, name: str) -> VolumeCheck:
    """Read an encrypted volume in full and hold it against its sums; what is inside cannot be looked at."""
    try:
        lines = (folder / SUMS).read_text("utf-8").splitlines()
        wanted = {file: digest for digest, _, file in (line.partition("  ") for line in lines)}
        about = json.loads((folder / _ABOUT).read_bytes())
        objects, manifest = int(about["objects"]), str(about["manifest_sha256"])
        parity = int(about.get(_PARITY, 0))
        keys = tuple(one.key for one in objects_in(folder))
        names = {one.name for one in folder.iterdir()} - {SUMS}
        names -= {FOLDER} if parity else set()
    except (OSError, ValueError, KeyError, TypeError, Corrupt) as error:
        return VolumeCheck(name, 0, 0, (f"{folder.name}: its open files cannot be read ({error})",))
    faults = [f"{one}: missing" for one in sorted({*wanted, f"{name}{AGE}"} - names)]
    faults += [f"{one}: does not belong here" for one in sorted(names - wanted.keys())]
    size = 0
    for file in sorted(wanted.keys() & names):
        try:
            digest, count = _digest(folder / file)
        except OSError as error:
            faults.append(f"{file}: cannot be read ({error.strerror})")
            continue
        size += count
        if digest != wanted[file]:
            faults.append(f"{file}: other bytes than were written")
    sealed, _ = _digest(folder / SUMS)
    bad = keys if faults else ()
    if parity:
        faults += [f"{one}: {fault}" for one, fault in sorted(parity_faults(folder).items())]
    return VolumeCheck(
        name, len(wanted), size, tuple(faults), objects, manifest, bad, sealed=sealed
    )


def parity_of(folder: Path) -> int:
    """Return the percent of parity that an encrypted volume was made with."""
    return int(json.loads((folder / _ABOUT).read_bytes()).get(_PARITY, 0))


def objects_in(folder: Path) -> Iterator[Packed]:
    """Yield the objects of an encrypted volume from its open list; raises Corrupt when that is unreadable."""
    return read_list(folder / _OBJECTS)


def encrypted(plain: Path, path: Path, recipients: Sequence[str]) -> str:
    """Write a folder as a tar encrypted to public keys of age, and return its SHA-256; memory stays flat."""
    return _encrypted(plain, path, [checked_recipient(one) for one in recipients])


def locked(plain: Path, path: Path, passphrase: str) -> str:
    """Write a folder as a tar encrypted under a passphrase, and return its SHA-256.

    Done in memory: raises UserError for a folder of more than 256 MB.
    """
    import pyrage

    size = sum(one.stat().st_size for one in plain.rglob("*") if one.is_file())
    if size > _MOST_IN_MEMORY:
        raise UserError(
            say(
                "{size} MB are too much for a passphrase; ask anew with the recipient's public key "
                "(--age-key).",
                size=size >> 20,
            )
        )
    with packed_tar(plain) as pipe:
        content = pyrage.passphrase.encrypt(pipe.read(), passphrase)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def unseal(file: Path, identities: Path, into: Path) -> Path:
    """Decrypt PP-000001.tar.age into the folder ``into`` and return where it lies; memory stays flat.

    What comes out is not checked here (``ColdShelf.verify``). Raises UserError when the identity does not
    open it, or what is inside is no tar.
    """
    import pyrage

    name = file.name.removesuffix(AGE)
    part, final = into / f"{name}.part", into / name
    if final.exists():
        raise UserError(say("{path} is there already; name another folder.", path=final))
    keys = _identities(identities)
    discard(part)
    part.mkdir(parents=True)
    try:
        with file.open("rb") as source, unpacked_tar(part) as pipe:
            pyrage.decrypt_io(source, pipe, keys)
    except pyrage.DecryptError as error:
        discard(part)
        raise UserError(
            say(
                "{file} cannot be opened with {identity} ({why}); “paperproof cold key list” tells who holds "
                "an identity for it.",
                file=file,
                identity=identities,
                why=error,
            )
        ) from error
    except (tarfile.TarError, OSError) as error:
        discard(part)
        raise UserError(
            say("What is in {file} cannot be unpacked ({why}).", file=file, why=error)
        ) from error
    sync_all(part)
    part.rename(final)
    return final


def _identities(path: Path) -> list[object]:
    """Read the private keys of a file as age-keygen writes it."""
    import pyrage

    try:
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
        found = [pyrage.x25519.Identity.from_str(one) for one in lines if one and one[0] != "#"]
    except (OSError, UnicodeDecodeError, pyrage.IdentityError) as error:
        raise UserError(
            say("{path} holds no identity of age ({why}).", path=path, why=error)
        ) from error
    if not found:
        raise UserError(say("{path} holds no identity of age ({why}).", path=path, why="–"))
    return found


def _encrypted(plain: Path, path: Path, recipients: Sequence[str]) -> str:
    """Write a volume as an encrypted tar and return its SHA-256."""
    import pyrage

    keys = [pyrage.x25519.Recipient.from_str(one) for one in recipients]
    with path.open("wb") as file, packed_tar(plain) as pipe:
        target = _Hashing(file)
        try:
            pyrage.encrypt_io(pipe, target, keys)
        except pyrage.EncryptError as error:
            raise target.refused or error from error  # a full disk is told as such
    return target.running.hexdigest()


class _Hashing:
    """A file to write to that hashes what it takes."""

    def __init__(self, file: IO[bytes]) -> None:
        self.running = hashlib.sha256()
        self.refused: OSError | None = None
        self._file = file

    def write(self, piece: bytes) -> int:
        """Write and hash a piece."""
        self.running.update(piece)
        try:
            return self._file.write(piece)
        except OSError as error:
            self.refused = error
            raise

    def flush(self) -> None:
        """Pass on what is waiting."""
        self._file.flush()


def _digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), os.fstat(file.fileno()).st_size
