"""The log that nobody can rewrite: its entries, signed checkpoints, proofs, and the search for tampering."""
