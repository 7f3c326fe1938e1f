"""Texts as PostgreSQL can keep them: it has no place for the sign NUL, which SQLite keeps."""

from __future__ import annotations

from typing import Any

from psycopg.types.string import StrDumperUnknown

SHOWN = "\N{SYMBOL FOR NULL}"
"""What stands for it: nobody's value becomes another one unseen."""


class _Kept(StrDumperUnknown):
    def dump(self, obj: str) -> Any:
        """Give the text's bytes."""
        return super().dump(obj.replace("\0", SHOWN) if "\0" in obj else obj)


def keep_all_signs(connection: Any) -> None:
    """Have whatever goes over a connection of psycopg kept, also what is only asked for."""
    connection.adapters.register_dumper(str, _Kept)
