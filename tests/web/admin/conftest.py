"""Administrators walk the site as others do."""

from tests.web.walker import address, browser, walker  # noqa: F401 - fixtures
