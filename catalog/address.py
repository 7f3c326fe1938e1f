"""Where the catalog's database is: the URL of an SQLite or PostgreSQL database; secrets are never shown."""

from __future__ import annotations

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from pipeline.errors import UserError
from pipeline.language import say

_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}


def address_of(url: str) -> URL:
    """Read a database's URL; UserError, which never repeats it, when it names none that can be used.

    A password stands before the @, in the file that ``passfile`` names or in libpq's own surroundings; as a
    parameter (``?password=``) it would be shown wherever the address is.
    """
    try:
        address = make_url(url)
        driver = _DRIVERS[address.get_backend_name()]
    except (ArgumentError, ValueError, KeyError) as error:
        raise UserError(
            say(
                "The catalog's address cannot be used; write it like sqlite:///catalog.sqlite or "
                "postgresql://user@host/database."
            )
        ) from error
    if "password" in address.query:
        raise UserError(
            say(
                "The catalog's address has its password among the parameters, where it would be shown; "
                "write it before the @, or name a file with passfile=."
            )
        )
    return address.set(drivername=driver)


def shown(address: URL) -> str:
    """Give the address as people write it and logs may see it."""
    plain = address.set(drivername=address.get_backend_name())
    return plain.render_as_string(hide_password=True)
