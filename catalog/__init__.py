"""What the archive holds and whether it agrees: tables, reconciliation, reports."""
