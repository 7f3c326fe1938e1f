"""Charts as SVG, drawn by Vega-Lite on the server: they print, and a table stands behind each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

_GREEN, _GREY, _RED, _SOFT = "#0b5d57", "#7b8a86", "#a3211d", "#4c5a57"
_WIDTH = 640
_LOOK = {"font": "Noto Sans CJK SC", "view": {"stroke": None}}
Layer = Mapping[str, Any]


def share_by_day(
    days: Sequence[tuple[date, int, int]], title: str, trade: float, trade_title: str
) -> str:
    """Draw (day, due, recognised alone) as a line of shares, beside the trade's average."""
    shares = [
        {"day": day.isoformat()[5:], "share": automatic / due}
        for day, due, automatic in days
        if due
    ]
    share = {
        "field": "share",
        "type": "quantitative",
        "title": title,
        "scale": {"domain": [0, 1]},
        "axis": {"format": "%", "tickCount": 5},
    }
    day = {"field": "day", "type": "ordinal", "title": None, "axis": {"labelAngle": 0}}
    average = {"values": [{"share": trade, "told": trade_title}]}
    return _drawn(
        [
            {
                "data": {"values": shares},
                "mark": {"type": "line", "point": {"size": 45, "color": _GREEN}, "color": _GREEN},
                "encoding": {"x": day, "y": share},
            },
            {
                "data": average,
                "mark": {"type": "rule", "color": _GREY, "strokeDash": [5, 4]},
                "encoding": {"y": share},
            },
            {
                "data": average,
                "mark": {"type": "text", "align": "right", "dx": -4, "dy": -7, "color": _SOFT},
                "encoding": {"x": {"value": _WIDTH}, "y": share, "text": {"field": "told"}},
            },
        ],
        _WIDTH,
        200,
    )


def pareto(causes: Sequence[tuple[str, int]], title: str) -> str:
    """Draw causes and how often each was the reason, the commonest first, with their running share."""
    total, running = sum(count for _, count in causes) or 1, 0
    values = []
    for name, count in causes:
        running += count
        values.append({"cause": name, "count": count, "told": f"{count} · {running / total:.0%}"})
    place = {
        "y": {"field": "cause", "type": "nominal", "sort": None, "title": None,
              "axis": {"labelLimit": 260}},
        "x": {"field": "count", "type": "quantitative", "title": title,
              "axis": {"tickMinStep": 1, "format": "d"}},
    }  # fmt: skip
    data = {"values": values}
    return _drawn(
        [
            {
                "data": data,
                "mark": {"type": "bar", "color": _RED, "height": 14},
                "encoding": place,
            },
            {
                "data": data,
                "mark": {"type": "text", "align": "left", "dx": 5},
                "encoding": {**place, "text": {"field": "told"}},
            },
        ],
        _WIDTH - 240,
        26 * max(1, len(values)),
    )


def _drawn(layers: Sequence[Layer], width: int, height: int) -> str:
    import vl_convert  # takes its time to load, and only headquarters looks at charts

    chart = {"layer": list(layers), "width": width, "height": height, "config": _LOOK}
    return str(vl_convert.vegalite_to_svg(chart, vl_version="5.20"))
