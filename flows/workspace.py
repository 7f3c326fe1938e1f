"""The folders of a workspace."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy.engine import make_url

from flows.settings import SETTINGS_NAME, Settings, default_file


@dataclass(frozen=True)
class Workspace:
    """Everything that Paperproof keeps on this machine lies below one folder."""

    folder: Path

    @property
    def spool(self) -> Path:
        """First copies of delivered files, by SHA-256."""
        return self.folder / "spool"

    @property
    def uploads(self) -> Path:
        """What the site received and is still to be taken in, by branch, day and batch."""
        return self.folder / "uploads"

    @property
    def quarantine(self) -> Path:
        """Refused pages, each with its reason."""
        return self.folder / "quarantine"

    @property
    def rejects(self) -> Path:
        """Rows of stream files that were not booked."""
        return self.folder / "rejects"

    @property
    def forms(self) -> Path:
        """Known forms, one JSON file each."""
        return self.folder / "forms"

    @property
    def stores(self) -> Path:
        """The local object store."""
        return self.folder / "stores"

    @property
    def locks(self) -> Path:
        """Lock files."""
        return self.folder / "locks"

    @property
    def thumbnails(self) -> Path:
        """Small pictures, made again when missing."""
        return self.folder / "cache" / "thumbnails"

    @property
    def keying(self) -> Path:
        """Pictures that people key from, made again when missing."""
        return self.folder / "cache" / "keying"

    @property
    def stage_times(self) -> Path:
        """How long stages took, as added up by all runs."""
        return self.folder / "cache" / "stages.json"

    @property
    def canary(self) -> Path:
        """The workspace of the canaries' last run."""
        return self.folder / "canary"

    @property
    def pictures(self) -> Path:
        """Pictures of whole pages that people review from, made again when missing."""
        return self.folder / "cache" / "pages"

    @property
    def drill(self) -> Path:
        """The empty place of a restore drill."""
        return self.folder / "drill"

    @property
    def sealing(self) -> Path:
        """Where a volume is made that will be encrypted; empty but while one is packed."""
        return self.folder / "sealing"

    @property
    def exports(self) -> Path:
        """Encrypted packages that are to leave."""
        return self.folder / "exports"

    @property
    def signing_key(self) -> Path:
        """The private key that records are signed with."""
        return self.folder / "secrets" / "signing.pem"

    def audit(self, settings: Settings) -> Path:
        """The folder of whoever signs the log: key and memory, the audit administrator's own."""
        return self.folder / settings.audit.folder

    @property
    def seed_key(self) -> Path:
        """The key under which seeds of second factors are encrypted."""
        return self.folder / "secrets" / "second-factor.key"

    @property
    def prefect(self) -> Path:
        """What the embedded flow engine keeps."""
        return self.folder / "prefect"

    def reports(self, day: date) -> Path:
        """The reports of one day."""
        return self.folder / "reports" / day.isoformat()

    def cold(self, settings: Settings) -> Path:
        """The folder of the cold copy."""
        return self.folder / settings.cold

    def catalog_url(self, settings: Settings) -> str:
        """The catalog's database; a relative SQLite path lies in the workspace."""
        url = make_url(settings.catalog)
        if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
            url = url.set(database=str(self.folder / url.database))
        return url.render_as_string(hide_password=False)

    def create(self, catalog: str | None = None) -> bool:
        """Make the folders and the settings file; False when the settings file was there already.

        ``catalog``: the address of the database that the settings name; None: a file in the workspace.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # customer data: its owner alone
        for folder in (self.spool, self.quarantine, self.rejects, self.locks):
            folder.mkdir(parents=True, exist_ok=True)
        settings = self.folder / SETTINGS_NAME
        if settings.exists():
            return False
        text = default_file()
        if catalog:
            text = text.replace(json.dumps(Settings().catalog), json.dumps(catalog), 1)
        settings.write_text(text, "utf-8")
        return True
