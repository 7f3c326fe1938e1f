"""Who may do what: the protected acts, the one table of rules, and what keeps administration apart."""
