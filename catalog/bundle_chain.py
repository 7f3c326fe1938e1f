"""The order of bundles by what their heads name, and whether several catalogs wrote into the same stores.

Each bundle names the one before by its SHA-256, and the catalog that made it. Within one catalog they make a
line, but a run that is killed leaves a bundle that never counted. A catalog that was rebuilt has an id of its
own: what the lost one wrote, and the rebuilt one had not, is told as a branch and not passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class BundleHead:
    """The first line of a bundle."""

    no: int
    """1 for the first."""
    previous: str | None
    """SHA-256 of the bundle before; None for the first."""
    version: str
    """Version of the tables (``catalog.connection.newest_version``)."""
    until: int
    """Number of the newest change when it was made: of two bundles with one number, which is the later."""
    catalog: str = ""
    """Id of the catalog that made it; empty: made before catalogs had one."""


@dataclass(frozen=True)
class Link:
    """A bundle in the stores."""

    head: BundleHead
    sha256: str

    @property
    def _latest(self) -> tuple[int, str]:
        return self.head.until, self.sha256


@dataclass(frozen=True)
class Branch:
    """Bundles that followed another way than those to be played."""

    catalog: str
    first: int
    """Number of its first bundle that is in no other branch."""
    last: int


@dataclass(frozen=True)
class Chain:
    """The bundles to be played, in their order."""

    links: tuple[Link, ...]
    gaps: tuple[int, ...]
    """Numbers of bundles that are not there."""
    others: tuple[Branch, ...]

    @property
    def catalog(self) -> str:
        """Id of the catalog that made the last one."""
        return self.links[-1].head.catalog if self.links else ""


def chain_of(links: Iterable[Link], preferred: str = "") -> Chain:
    """Put bundles into their order; of several branches that of the catalog ``preferred``, else the longest.

    ``preferred`` may also be the SHA-256 of a bundle that is to be in it.
    """
    found = _Found(links)
    tips = sorted(found.tips(), key=lambda tip: (tip.head.no, tip.head.until, tip.sha256))
    walks = [found.walk(tip) for tip in reversed(tips)]
    wanted = [walk for walk in walks if preferred and walk[0][-1].head.catalog == preferred]
    wanted += [w for w in walks if any(link.sha256 == preferred for link in w[0])]
    if not walks:
        return Chain((), (), ())
    played, gaps = (wanted or walks)[0]
    return Chain(tuple(played), tuple(gaps), tuple(_branches(played, (walk for walk, _ in walks))))


def _branches(played: list[Link], walks: Iterable[list[Link]]) -> Iterator[Branch]:
    """Tell the walks that have bundles which are not played; before a gap one may end without any."""
    there = {link.sha256 for link in played}
    for walk in walks:
        if own := [link for link in walk if link.sha256 not in there]:
            yield Branch(own[-1].head.catalog, own[0].head.no, own[-1].head.no)


class _Found:
    """All bundles by their names and numbers."""

    def __init__(self, links: Iterable[Link]) -> None:
        self._by_name = {link.sha256: link for link in links}
        self._named = {link.head.previous for link in self._by_name.values()}
        self._by_number: dict[int, list[Link]] = {}
        for link in self._by_name.values():
            self._by_number.setdefault(link.head.no, []).append(link)

    def tips(self) -> Iterator[Link]:
        """Give the bundles that no other follows, less those that never counted."""
        for link in self._by_name.values():
            if link.sha256 not in self._named and not self._never_counted(link):
                yield link

    def _never_counted(self, link: Link) -> bool:
        """Whether its catalog made another with its number that counts: one followed, or a later one."""
        return any(
            link.head.catalog in ("", one.head.catalog)
            and link.head.previous == one.head.previous
            and (one.sha256 in self._named or one._latest > link._latest)
            for one in self._by_number[link.head.no]
            if one is not link
        )

    def walk(self, tip: Link) -> tuple[list[Link], list[int]]:
        """Give the bundles up to a tip in their order, and the numbers of those missing among them."""
        links, gaps = [tip], []
        for no in range(tip.head.no - 1, 0, -1):
            head = links[-1].head
            right = self._by_name.get(head.previous or "") if head.no == no + 1 else None
            if right is not None and right.head.no == no:
                links.append(right)
                continue
            stand_in = self._stand_in(no, head.catalog)
            if head.no == no + 1 or stand_in is None:
                gaps.append(no)
            links += [stand_in] if stand_in else []
        return links[::-1], gaps[::-1]

    def _stand_in(self, no: int, catalog: str) -> Link | None:
        """The best of a number where nobody names the right one: of the same catalog, followed, latest."""
        return max(
            self._by_number.get(no, ()),
            key=lambda one: (
                one.head.catalog == catalog,
                one.sha256 in self._named,
                one._latest,
            ),
            default=None,
        )
