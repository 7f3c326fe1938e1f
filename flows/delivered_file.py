"""A file that another system delivered, read whole."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import UserError, refused_by_system
from pipeline.language import say

LARGEST = 512 << 20
"""Bytes of a file that is still read; a stream of 1,000,000 rows has about 250 MB."""


def content_of(path: Path) -> bytes:
    """Return a file's bytes; raises UserError when it is too large, missing or closed to us."""
    try:
        if path.is_dir():
            raise UserError(say("{path} is a folder; name the file in it.", path=path))
        if path.stat().st_size > LARGEST:
            raise UserError(
                say(
                    "{path} is larger than {limit} MB; deliver it in several files.",
                    path=path,
                    limit=LARGEST >> 20,
                )
            )
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UserError(say("There is no file {path}; check the path.", path=path)) from error
    except OSError as error:
        raise UserError(
            say(
                "{path} cannot be read ({why}); check its rights.",
                path=path,
                why=refused_by_system(error),
            )
        ) from error
