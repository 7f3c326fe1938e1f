"""The token of a log-in at the command line, in a file that its owner alone can read."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

_OWNER_ALONE = 0o600
_LONGEST = 200


@dataclass(frozen=True)
class TokenFile:
    """Where one person's log-in to one workspace lies; the catalog has the token's digest alone."""

    path: Path

    @classmethod
    def of(cls, private: Path, workspace: Path) -> TokenFile:
        """Return the file of a workspace below the person's private folder."""
        known = hashlib.sha256(os.fsencode(workspace.resolve())).hexdigest()[:32]
        return cls(private / f"{known}.token")

    def read(self) -> str | None:
        """Give the token; None when there is none, or others could have read or written it."""
        try:
            opened = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return None
        with os.fdopen(opened, "rb") as file:
            known = os.fstat(opened)
            others = stat.S_IMODE(known.st_mode) & ~_OWNER_ALONE
            if not stat.S_ISREG(known.st_mode) or known.st_uid != os.geteuid() or others:
                return None
            return file.read(_LONGEST).decode("ascii", "replace").strip() or None

    def keep(self, token: str) -> None:
        """Keep a token in place of the one before."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self.path.with_suffix(f".{os.getpid()}")
        fresh.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with os.fdopen(os.open(fresh, flags, _OWNER_ALONE), "w") as file:
            file.write(token)
        fresh.replace(self.path)

    def forget(self) -> None:
        """Keep nothing; again: nothing happens."""
        self.path.unlink(missing_ok=True)
