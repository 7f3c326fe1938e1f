"""Certificates for entries of the log, made from the catalog's rows and the checkpoints over them."""

from __future__ import annotations

from functools import cached_property

from catalog.audit import Audit, KeptCheckpoint
from pipeline.audit.certificate import Certificate
from pipeline.audit.note import LogKey
from pipeline.errors import PaperproofError, UserError
from pipeline.language import say
from pipeline.merkle import Tree, leaf


class Certificates:
    """Makes certificates under the newest checkpoint; the tree is made once for all of them."""

    def __init__(self, log: Audit, key: LogKey) -> None:
        self._log, self._key = log, key

    @cached_property
    def checkpoint(self) -> KeptCheckpoint | None:
        """The newest checkpoint; None when none was signed."""
        return self._log.newest_checkpoint()

    def of(self, seq: int) -> Certificate:
        """Make the certificate of an entry; raises UserError when there is none or none signed it yet."""
        if not 0 < seq <= self._log.size():
            raise UserError(say("The log has no entry {seq}.", seq=seq))
        if self.checkpoint is None or seq > self.checkpoint.size:
            raise UserError(
                say(
                    "Entry {seq} is behind the last checkpoint; have “paperproof audit sign” run first.",
                    seq=seq,
                )
            )
        body = next(self._log.rows(seq - 1, seq)).body.encode()
        proof = self._tree.inclusion(seq - 1)
        return Certificate(body, proof, self.checkpoint.note, str(self._key))

    @cached_property
    def _tree(self) -> Tree:
        """The tree over all entries; raises PaperproofError unless it is the one that was signed."""
        size = self.checkpoint.size if self.checkpoint else 0
        tree = Tree([leaf(row.body.encode()) for row in self._log.rows(0, size)])
        signed = self._key.opened(self.checkpoint.note) if self.checkpoint else None
        if signed is None or signed.root != tree.root:
            raise PaperproofError(
                say(
                    "The log in the catalog is not the one that was signed; run “paperproof audit verify”, "
                    "no certificate can be made."
                )
            )
        return tree
