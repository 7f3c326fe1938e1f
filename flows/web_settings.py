"""Settings of the site."""

from __future__ import annotations

from pydantic import Field

from flows.store_settings import Section


class WebSettings(Section):
    """How often a minute the site may be asked (OWASP ASVS 5.0, 2.4.1 and 6.3.1), and who answers beside."""

    log_ins_by_address: int = Field(default=120, ge=1)
    """Passwords and second factors from one address: a whole branch may stand behind one at nine o'clock."""
    log_ins_by_account: int = Field(default=10, ge=1)
    """Those for one account."""
    scans_by_session: int = Field(default=1200, ge=1)
    """Files sent in; scanners make up to 200 pages a minute, a folder goes as quick as the line."""
    api_by_session: int = Field(default=1200, ge=1)
    """Requests to the API of one session or machine."""
    long_looks: int = Field(default=2, ge=0, le=16)
    """Processes beside the site that do what computes for long (decision 0047); 0: it does that itself."""
