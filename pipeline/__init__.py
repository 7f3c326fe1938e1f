"""The archive's words and the work on one page; pure: no network, no catalog, no Prefect."""
