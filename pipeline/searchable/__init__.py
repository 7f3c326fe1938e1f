"""Searchable derivatives: a page's picture as it was scanned, its text lying invisibly where it stands."""
