"""A Merkle tree over the entries of a log: one hash that stands for them all, and short proofs.

RFC 6962 section 2.1 with SHA-256 (the same as RFC 9162 section 2.1): a leaf is SHA-256(0x00 ‖ entry), a
node SHA-256(0x01 ‖ left ‖ right), the left half of a tree the largest power of two below its size. Pure:
hashes in, hashes out, 32 bytes each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

EMPTY = sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf(entry: bytes) -> bytes:
    """The hash of an entry as a leaf."""
    return sha256(b"\x00" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class Frontier:
    """All that must be known of a tree to add leaves to it: the roots of its full subtrees, largest first."""

    size: int = 0
    """Leaves so far."""
    roots: tuple[bytes, ...] = ()
    """One for each 1 in the binary form of ``size``."""

    def __post_init__(self) -> None:
        if self.size < 0 or self.size.bit_count() != len(self.roots):
            raise ValueError(
                f"a tree of {self.size} leaves has not {len(self.roots)} full subtrees"
            )

    def grown(self, leaves: Iterable[bytes]) -> Frontier:
        """The tree with more leaves, given as their hashes."""
        size, roots = self.size, list(self.roots)
        for one in leaves:
            rest = size
            while rest & 1:
                one, rest = node(roots.pop(), one), rest >> 1
            roots.append(one)
            size += 1
        return Frontier(size, tuple(roots))

    @property
    def root(self) -> bytes:
        """The hash that stands for all leaves."""
        if not self.roots:
            return EMPTY
        *rest, found = self.roots
        for one in reversed(rest):
            found = node(one, found)
        return found


class Tree:
    """A whole tree: made once, it gives any number of proofs quickly; about 64 bytes a leaf are kept."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._levels = [list(leaves)]
        while len(lower := self._levels[-1]) > 1:
            pairs = zip(lower[::2], lower[1::2], strict=False)
            self._levels.append([node(left, right) for left, right in pairs])

    @property
    def size(self) -> int:
        """Leaves."""
        return len(self._levels[0])

    @property
    def leaves(self) -> Sequence[bytes]:
        """The hashes of the leaves."""
        return self._levels[0]

    @property
    def root(self) -> bytes:
        """The hash that stands for all leaves."""
        return self._over(0, self.size) if self.size else EMPTY

    def inclusion(self, index: int) -> tuple[bytes, ...]:
        """The proof that leaf ``index`` (from 0) is in the tree: its siblings, lowest first.

        RFC 6962 section 2.1.1. Raises ValueError when there is no such leaf.
        """
        if not 0 <= index < self.size:
            raise ValueError(f"no leaf {index} among {self.size}")
        proof = []
        first, behind = 0, self.size
        while behind - first > 1:
            middle = first + _half(behind - first)
            if index < middle:
                proof.append(self._over(middle, behind))
                behind = middle
            else:
                proof.append(self._over(first, middle))
                first = middle
        return tuple(reversed(proof))

    def consistency(self, size: int) -> tuple[bytes, ...]:
        """The proof that the tree over the first ``size`` leaves is the beginning of this one.

        RFC 9162 section 2.1.4.1. Raises ValueError when there are not so many leaves, or ``size`` is 0.
        """
        if not 0 < size <= self.size:
            raise ValueError(f"no beginning of {size} among {self.size}")
        proof = []
        first, behind = 0, self.size
        while size < behind:
            middle = first + _half(behind - first)
            if size <= middle:
                proof.append(self._over(middle, behind))
                behind = middle
            else:
                proof.append(self._over(first, middle))
                first = middle
        if first:
            proof.append(self._over(first, behind))
        return tuple(reversed(proof))

    def _over(self, first: int, behind: int) -> bytes:
        """The root over some leaves, as a subtree of this tree has them."""
        count = behind - first
        if count & (count - 1) == 0:
            return self._levels[count.bit_length() - 1][first // count]
        middle = first + _half(count)
        return node(self._over(first, middle), self._over(middle, behind))


def holds(entry: bytes, index: int, size: int, proof: Sequence[bytes], tree_root: bytes) -> bool:
    """Whether ``proof`` shows that ``entry`` is leaf ``index`` of the tree of that size and root.

    RFC 9162 section 2.1.3.2.
    """
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf(entry)
    for one in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node(one, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node(found, one)
        place, last = place >> 1, last >> 1
    return last == 0 and found == tree_root


def continues(
    size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether ``proof`` shows that the older tree is the beginning of the newer one.

    RFC 9162 section 2.1.4.2.
    """
    if not 0 < size <= new_size:
        return False
    if size == new_size:
        return not proof and old_root == new_root
    hashes = list(proof)
    if size & (size - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        return False
    place, last = size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    older = newer = hashes[0]
    for one in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            older, newer = node(one, older), node(one, newer)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            newer = node(newer, one)
        place, last = place >> 1, last >> 1
    return last == 0 and older == old_root and newer == new_root


def _half(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)
