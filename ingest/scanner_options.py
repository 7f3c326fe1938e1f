"""What a scanner can do, as ``scanimage --all-options`` tells it, and how to ask it for a page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.errors import UserError
from pipeline.language import Message, say
from pipeline.model import ColourMode
from pipeline.scan_rules import PaperSize

_LINE = re.compile(r"^ {4}(-l|-t|-x|-y|--[a-z0-9][a-z0-9-]*)(\[=\(yes\|no\)\])?(.*)$")
_STATE = re.compile(r" \[([^][]*)\]( \[[a-z, -]+\])*$")
_RANGE = re.compile(r"^ ?(-?[\d.]+)\.\.(-?[\d.]+)")
_UNIT = re.compile(r"(dpi|mm|pel|bit|us|%)$")
_BED_SLACK_MM = 5.0
"""By so much less than a paper a bed may show: what check Q05 lets a page differ from its paper."""
_WORDS: Mapping[ColourMode, tuple[str, ...]] = {
    ColourMode.COLOUR: ("color", "colour"),
    ColourMode.GREY: ("gray", "grey"),
    ColourMode.BITONAL: ("lineart", "binary", "black & white", "monochrome", "halftone"),
}
"""What makers call the modes (SANE standard 1.06, 4.5.6, and the backends' own words)."""
_FEEDERS = ("feeder", "adf")
_GLASS = ("flatbed", "flat bed", "glass", "platen")
_BOTH_SIDES = ("duplex", "both sides", "front and back")


@dataclass(frozen=True)
class Option:
    """One option of a device."""

    name: str
    words: tuple[str, ...] = ()
    """What may be chosen; empty: a number or free text."""
    least: float | None = None
    most: float | None = None
    is_switch: bool = False


@dataclass(frozen=True)
class Wanted:
    """How a page is to be scanned."""

    dpi: int
    mode: ColourMode
    paper: PaperSize
    feeder: bool = False
    duplex: bool = False
    own: Mapping[str, str] = field(default_factory=dict)
    """Options of the very device, by their names."""


def read_options(told: str) -> dict[str, Option]:
    """Read what a device can be asked for by now; what is inactive or cannot be set is left out."""
    return {one.name: one for one in map(_read, told.splitlines()) if one is not None}


def asked_of(device: str, options: Mapping[str, Option], wanted: Wanted) -> tuple[str, ...]:
    """Return the arguments that ask a device for pages as wanted; raises UserError: it cannot do that."""
    return (
        *_source(device, options, wanted),
        *_mode(device, options, wanted.mode),
        *_resolution(device, options, wanted.dpi),
        *_area(device, options, wanted.paper),
        *_own(device, options, wanted.own),
    )


def _read(line: str) -> Option | None:
    found = _LINE.match(line)
    if found is None:
        return None
    name, switch, rest = found.groups()
    state = _STATE.search(rest)
    if state is None or state[1] in ("inactive", "read-only") or "read-only" in state[0]:
        return None
    values = rest[: state.start()].removeprefix(" ")
    if switch:
        return Option(name, ("yes", "no"), is_switch=True)
    if span := _RANGE.match(values):
        return Option(name, (), float(span[1]), float(span[2]))
    words = tuple(_UNIT.sub("", word) for word in values.split("|")) if "|" in values else ()
    return Option(name, tuple(word for word in words if word and word != "auto"))


def _source(device: str, options: Mapping[str, Option], wanted: Wanted) -> Iterator[str]:
    """Glass or feeder, one side or both: a word of “source”, or a switch of its own."""
    source = options.get("--source")
    words = source.words if source else ()
    if not (wanted.feeder or wanted.duplex):
        glass = _one_of(words, _GLASS)
        yield from (f"--source={glass}",) if glass else ()
        return
    fed = tuple(word for word in words if _one_of((word,), _FEEDERS + _BOTH_SIDES))
    if words and not fed:
        raise _lacks(device, say("a feeder"))
    both = _one_of(fed, _BOTH_SIDES)
    if not wanted.duplex:
        single = tuple(word for word in fed if word != both)
        yield from (f"--source={word}" for word in (single or fed)[:1])
    elif both:
        yield f"--source={both}"
    else:
        yield from (f"--source={word}" for word in fed[:1])
        yield _both_sides(device, options)


def _both_sides(device: str, options: Mapping[str, Option]) -> str:
    if "--duplex" in options:
        return "--duplex=yes"
    mode = options.get("--adf-mode")
    word = _one_of(mode.words, _BOTH_SIDES) if mode else None
    if word is None:
        raise _lacks(device, say("a feeder that scans both sides"))
    return f"--adf-mode={word}"


def _mode(device: str, options: Mapping[str, Option], mode: ColourMode) -> Iterator[str]:
    """Mode and depth; of a device that offers no choice the page's check tells what came (Q03)."""
    offered = options.get("--mode")
    depth = options.get("--depth")
    if offered is not None and offered.words:
        word = _one_of(offered.words, _WORDS[mode])
        if word is not None:
            yield f"--mode={word}"
        elif mode is ColourMode.BITONAL and depth is not None and "1" in depth.words:
            grey = _one_of(offered.words, _WORDS[ColourMode.GREY])
            yield from (f"--mode={grey}",) if grey else ()
        else:
            raise _lacks(device, say("mode {mode}", mode=str(mode)))
    bits = "1" if mode is ColourMode.BITONAL else "8"
    if depth is not None and bits in depth.words:
        yield f"--depth={bits}"


def _resolution(device: str, options: Mapping[str, Option], dpi: int) -> Iterator[str]:
    offered = options.get("--resolution")
    lacking = say("{dpi} dpi", dpi=dpi)
    if offered is None:
        raise _lacks(device, lacking)
    if offered.words and str(dpi) not in offered.words:
        raise _lacks(device, lacking)
    if offered.most is not None and not (offered.least or 0) <= dpi <= offered.most:
        raise _lacks(device, lacking)
    yield f"--resolution={dpi}"


def _area(device: str, options: Mapping[str, Option], paper: PaperSize) -> Iterator[str]:
    """The paper's place on the bed; a device that offers no choice gives what it sees (Q05)."""
    if not {"-x", "-y"} <= options.keys():
        return
    for name, length in (("-x", paper.width_mm), ("-y", paper.height_mm)):
        most = options[name].most
        if most is not None and most < length - _BED_SLACK_MM:
            raise _lacks(device, say("a bed large enough for {paper}", paper=paper.name))
    for name in ("-l", "-t"):
        if name in options:
            yield from (name, "0")
    for name, length in (("-x", paper.width_mm), ("-y", paper.height_mm)):
        most = options[name].most
        yield from (name, f"{length if most is None else min(length, most):g}")


def _own(device: str, options: Mapping[str, Option], own: Mapping[str, str]) -> Iterator[str]:
    for name, value in own.items():
        option = options.get(f"--{name}")
        if option is None:
            raise _lacks(device, say("the option {name}", name=name))
        if option.words and value not in option.words:
            raise _lacks(device, say("{value} for the option {name}", value=value, name=name))
        yield f"--{name}={value}"


def _one_of(words: tuple[str, ...], wanted: tuple[str, ...]) -> str | None:
    """Return the first word that has one of the wanted in it."""
    return next(
        (word for sought in wanted for word in words if sought in word.casefold()),
        None,
    )


def _lacks(device: str, what: Message) -> UserError:
    return UserError(
        say(
            "{device} does not offer {what}; choose otherwise, or use another device.",
            device=device,
            what=what,
        )
    )
