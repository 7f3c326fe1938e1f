"""Bytes named by their content: object stores, the vault over two of them, the local server."""
