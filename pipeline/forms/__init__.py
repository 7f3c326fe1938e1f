"""Forms that are learned, not programmed: where a known form's values stand, so that only those are read."""
