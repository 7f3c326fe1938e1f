"""Measurements: side by side, on the same pages, in one run; no tests."""
