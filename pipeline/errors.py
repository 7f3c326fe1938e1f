"""Everything that can go wrong, as one tree; each error carries one sentence for a person.

PaperproofError            exit 1   a fault of the system or its surroundings
├── UserError              exit 2   the request cannot be met as asked; the sentence says what to do
│   ├── StreamRefused               a whole transaction stream file was refused
│   └── NotAllowed                  somebody may not; kept in the log (pipeline.access.policy)
├── PageRefused                     one page or container cannot be admitted; the batch goes on
└── StoreError                      an object store did not do what was asked
    ├── NotFound                    there is no such object
    ├── AlreadyStored               put-once met an object of that key
    ├── Denied                      the store refuses the credentials or the act
    ├── Locked                      a lock or a legal hold stands against it
    ├── Unsupported                 this kind of store cannot do what was asked
    ├── Corrupt                     bytes read back differ from the bytes sent
    ├── Full                        no room is left
    ├── Unavailable                 no answer, or one that says to try later
    │   └── Failed                  the store answers, and fails at this very object
    └── Protocol                    an answer that makes no sense
"""

from __future__ import annotations

import errno

from pipeline.language import Message, say


class PaperproofError(Exception):
    """Base of all; ``message`` says in one sentence what happened, to what, and what to do next."""

    exit_code = 1

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class UserError(PaperproofError):
    """The request cannot be met as asked."""

    exit_code = 2


class StreamRefused(UserError):
    """A transaction stream file was refused whole; nothing of it was imported."""


class PageRefused(PaperproofError):
    """A page or container cannot be admitted; ``check`` names the page check (Q01 ...)."""

    def __init__(self, message: Message, check: str = "Q01") -> None:
        super().__init__(message)
        self.check = check


class StoreError(PaperproofError):
    """An object store did not do what was asked."""


class NotFound(StoreError):
    """There is no such object."""


class AlreadyStored(StoreError):
    """A put-once met an object of that key."""


class Denied(StoreError):
    """The store refuses the credentials or the act."""


class Locked(StoreError):
    """A lock or a legal hold stands on the version."""


class Unsupported(StoreError):
    """This kind of store cannot do what was asked."""


class Corrupt(StoreError):
    """Bytes read back differ from the bytes sent."""


class Full(StoreError):
    """No room is left."""


class Unavailable(StoreError):
    """The store gives no answer, or one that says to try later."""


class Failed(Unavailable):
    """The store answers, but failed at this very object, having given ``after`` of its bytes.

    So servers and disks tell of rotten bytes; but also of other trouble.
    """

    def __init__(self, message: Message, after: int = 0) -> None:
        super().__init__(message)
        self.after = after


class Protocol(StoreError):
    """The store's answer makes no sense."""


def refused_by_system(error: OSError) -> Message:
    """Return why the system refused something, in words; its own where it is a rare reason."""
    known = _REASONS.get(error.errno or 0)
    return known or Message("{why}", (("why", error.strerror or str(error)),))


_REASONS = {
    errno.ENOENT: say("it is not there"),
    errno.EACCES: say("no right to it"),
    errno.EPERM: say("no right to it"),
    errno.EISDIR: say("it is a folder"),
    errno.ENOTDIR: say("a part of the path is no folder"),
    errno.ENOSPC: say("the disk is full"),
    errno.EDQUOT: say("the room allowed is used up"),
    errno.EROFS: say("the disk may only be read"),
    errno.EIO: say("the disk fails"),
    errno.EMFILE: say("too many files are open"),
    errno.ELOOP: say("links lead in a circle"),
    errno.ENAMETOOLONG: say("the name is too long"),
}
