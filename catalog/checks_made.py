"""That the four checks were made, and what came of them: an entry of the log, with the report's digest."""

from __future__ import annotations

from sqlalchemy import Engine

from catalog.log import append


class ChecksMade:
    """Enters reports; the report itself is the person's to file."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def enter(self, code: str, subject: str, faults: int, sha256: str, by: str) -> None:
        """Enter a report under the code that is printed on it."""
        with self._engine.begin() as connection:
            append(
                connection,
                by,
                "checks.four",
                code,
                ok=not faults,
                after=sha256,
                of=subject,
                faults=faults,
            )
