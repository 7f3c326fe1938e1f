"""The API under /api/v1: the site's acts and lists for programs, under the same one permission check."""
