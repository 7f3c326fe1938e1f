"""The settings of cold volumes and their carriers, ``[volumes]`` in paperproof.toml."""

from __future__ import annotations

from pydantic import Field

from flows.store_settings import Section
from pipeline.carriers import CarrierKind, CarrierRules
from storage.parity import with_parity


class RefreshYears(Section):
    """After so many years a carrier is copied to a new one; ours, no rule of the trade names them.

    Half of what makers promise for tapes and archival discs; disks are kept as long as their makers warrant.
    """

    tape: float = Field(default=10, gt=0)
    disk: float = Field(default=5, gt=0)
    optical: float = Field(default=10, gt=0)


class VolumeSettings(Section):
    """How cold volumes are made, and when their carriers are looked at."""

    volume_mb: float = Field(default=4300, gt=0)
    """What one may hold, in millions of bytes; 4300 fits a DVD."""
    volume_objects: int = Field(default=50_000, ge=1)
    """So many objects one may hold: what makes and checks it has its list in memory, 3 kB an object."""
    pack_after_days: float = Field(default=0, ge=0)
    """So long an object may wait for a full volume; 0: each closing makes one."""
    read_test_days: int = Field(default=365, ge=1)
    """So often a carrier is read in full: each January (RC-07); GB/T 18894 asks for magnetic ones every 2
    years, for optical ones every 4."""
    refresh_years: RefreshYears = RefreshYears()

    encrypt_for: tuple[str, ...] = ()
    """Public keys of age (age1…) for which volumes are encrypted; none: volumes are plain."""

    parity: int = Field(default=0, ge=0, le=50)
    """Percent of parity (PAR2) that each volume carries, from which its damaged files are made again."""

    def bytes_of(self, byte_count: int) -> int:
        """Return what an object takes in a volume, with its parity."""
        return with_parity(byte_count, self.parity)

    @property
    def carrier_rules(self) -> CarrierRules:
        """When a carrier must be read or copied."""
        years = {kind: getattr(self.refresh_years, kind.value) for kind in CarrierKind}
        return CarrierRules(self.read_test_days, years)
