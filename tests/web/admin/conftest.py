"""Administrators walk the site as others do."""

from tests.web.test_walks import address, browser, walker  # noqa: F401 - fixtures
