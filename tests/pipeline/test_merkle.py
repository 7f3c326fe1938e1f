"""The tree against the published vectors and against RFC 6962's own definition, written down naively."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import merkle

# The inputs and roots of the test vectors of Certificate Transparency's implementations.
_INPUTS = [
    bytes.fromhex(one)
    for one in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
_ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)

ENTRIES = st.lists(st.binary(max_size=4), max_size=40)


def mth(entries: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word."""
    n = len(entries)
    if n == 0:
        return sha256(b"").digest()
    if n == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = 1
    while k * 2 < n:
        k *= 2
    return sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:])).digest()


def path(m: int, entries: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962 section 2.1.1, word for word."""
    n = len(entries)
    if n == 1:
        return []
    k = 1
    while k * 2 < n:
        k *= 2
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def subproof(m: int, entries: list[bytes], b: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962 section 2.1.2, word for word."""
    n = len(entries)
    if m == n:
        return [] if b else [mth(entries)]
    k = 1
    while k * 2 < n:
        k *= 2
    if m <= k:
        return [*subproof(m, entries[:k], b), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], False), mth(entries[:k])]


def leaves(entries: list[bytes]) -> list[bytes]:
    return [merkle.leaf(one) for one in entries]


@pytest.mark.parametrize("size", range(len(_ROOTS)))
def test_roots_are_those_of_the_published_vectors(size: int) -> None:
    assert merkle.Tree(leaves(_INPUTS[:size])).root.hex() == _ROOTS[size]


def test_an_inclusion_proof_of_the_published_vectors() -> None:
    proof = merkle.Tree(leaves(_INPUTS)).inclusion(5)
    assert [one.hex() for one in proof] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_a_consistency_proof_of_the_published_vectors() -> None:
    proof = merkle.Tree(leaves(_INPUTS)).consistency(6)
    assert [one.hex() for one in proof] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@given(ENTRIES, st.integers(0, 40))
def test_a_tree_grown_in_steps_has_the_root_of_the_definition(
    entries: list[bytes], first: int
) -> None:
    grown = merkle.Frontier().grown(leaves(entries[:first])).grown(leaves(entries[first:]))
    assert grown.root == mth(entries)
    assert grown.size == len(entries)


def test_every_proof_of_every_small_tree_is_that_of_the_definition_and_holds() -> None:
    entries = [bytes([number]) for number in range(33)]
    for size in range(1, len(entries) + 1):
        some = entries[:size]
        for index in range(size):
            proof = merkle.Tree(leaves(some)).inclusion(index)
            assert list(proof) == path(index, some)
            assert merkle.holds(some[index], index, size, proof, mth(some))
        for old in range(1, size + 1):
            proof = merkle.Tree(leaves(some)).consistency(old)
            assert list(proof) == subproof(old, some, True)
            assert merkle.continues(old, mth(some[:old]), size, mth(some), proof)


@given(st.lists(st.binary(max_size=4), min_size=2, max_size=40), st.data())
def test_a_proof_of_something_else_does_not_hold(entries: list[bytes], data: st.DataObject) -> None:
    size = len(entries)
    index = data.draw(st.integers(0, size - 1))
    proof = list(merkle.Tree(leaves(entries)).inclusion(index))
    root = mth(entries)
    assert not merkle.holds(entries[index] + b"!", index, size, proof, root)
    assert not merkle.holds(entries[index], index, size, [*proof, root], root)
    assert not merkle.holds(entries[index], index, size, proof[:-1], root)
    assert not merkle.holds(entries[index], size, size, proof, root)
    bad = data.draw(st.integers(0, len(proof) - 1))
    proof[bad] = bytes([proof[bad][0] ^ 1]) + proof[bad][1:]
    assert not merkle.holds(entries[index], index, size, proof, root)


@given(st.lists(st.binary(max_size=4), min_size=2, max_size=40), st.data())
def test_a_tree_that_does_not_begin_with_the_older_is_found(
    entries: list[bytes], data: st.DataObject
) -> None:
    size = len(entries)
    old = data.draw(st.integers(1, size - 1))
    proof = merkle.Tree(leaves(entries)).consistency(old)
    changed = data.draw(st.integers(0, old - 1))
    other = [*entries[:changed], entries[changed] + b"!", *entries[changed + 1 :]]
    assert not merkle.continues(old, mth(other[:old]), size, mth(entries), proof)
    assert not merkle.continues(old, mth(entries[:old]), size, mth(other), proof)
    assert not merkle.continues(old, mth(entries[:old]), size, mth(entries), (*proof, b"0" * 32))
    assert not merkle.continues(
        old, mth(entries[:old]), size, mth(other), merkle.Tree(leaves(other)).consistency(old)
    )


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no leaf 3 among 3"):
        merkle.Tree(leaves(_INPUTS[:3])).inclusion(3)
    with pytest.raises(ValueError, match="no beginning of 0"):
        merkle.Tree(leaves(_INPUTS[:3])).consistency(0)
    with pytest.raises(ValueError, match="has not 1 full subtrees"):
        merkle.Frontier(3, (merkle.EMPTY,))
    assert merkle.Tree([]).root == merkle.EMPTY
