"""月报的图 (charts as SVG): Vega-Lite descriptions, drawn by vl-convert with the report's own font. Nothing is fetched."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nxmed.report.month.figures import Table, rate_text

VERSION = "5.20"
FAMILY = "Nxmed Sans"
WIDTH, HEIGHT = 520, 220
BLUE, GREEN, GREY, RED, AMBER = "#2f5d8c", "#3c8d6e", "#9aa5b1", "#b5483a", "#c98a2b"
WAN = "datum.fen / 1000000"
_CONFIG = {
    "font": FAMILY, "background": "white", "view": {"stroke": None}, "axis": {"gridColor": "#e6e9ed", "domainColor": "#9aa5b1",
    "tickColor": "#9aa5b1", "labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal"}, "legend": {"orient": "top", "title": None},
}
LONGEST = 20


def draw(spec: dict[str, Any], fonts: Path) -> str:
    """画成 SVG (same description, same bytes)."""
    import vl_convert

    vl_convert.register_font_directory(str(fonts))
    text: str = vl_convert.vegalite_to_svg(json.dumps({"config": _CONFIG, **spec}, ensure_ascii=False), vl_version=VERSION)
    return text


def trend(table: Table) -> dict[str, Any]:
    """应征与到账 (bars side by side per month)."""
    values = [{"month": row[0], "kind": kind, "fen": row[at]} for row in table.rows for at, kind in ((1, "应征"), (2, "到账"))
              if row[at] is not None]
    return _plain(values, {
        "mark": {"type": "bar"},
        "encoding": {"x": {"field": "month", "type": "ordinal", "title": None, "axis": {"labelAngle": 0}},
                     "xOffset": {"field": "kind", "sort": ["应征", "到账"]}, "y": _wan(),
                     "color": {"field": "kind", "sort": ["应征", "到账"], "scale": {"domain": ["应征", "到账"], "range": [BLUE, GREEN]}}}})


def bars(table: Table, label: int, amount: int, *, colour: str = BLUE, most: int = 10) -> dict[str, Any]:
    """横条 (the largest first, at most `most`)."""
    rows = [row for row in table.rows if row[amount]][:most]
    values = [{"name": _short(str(row[label])), "fen": row[amount], "place": n} for n, row in enumerate(rows)]
    return _plain(values, {
        "height": {"step": 22}, "mark": {"type": "bar", "color": colour},
        "encoding": {"y": {"field": "name", "type": "nominal", "sort": {"field": "place"}, "title": None, "axis": {"labelLimit": 260}},
                     "x": _wan()}})


def rates(table: Table, label: int, rate: int) -> dict[str, Any]:
    """征缴率 (percent, from nothing to all)."""
    values = [{"name": str(row[label]), "ppm": row[rate], "said": rate_text(row[rate]), "place": n} for n, row in enumerate(table.rows) if row[rate] is not None]
    return {
        "data": {"values": values}, "width": WIDTH, "height": {"step": 22},
        "transform": [{"calculate": "datum.ppm / 10000", "as": "percent"}],
        "layer": [
            {"mark": {"type": "bar", "color": GREEN}, "encoding": {"x": {"field": "percent", "type": "quantitative", "title": "%",
                                                                         "scale": {"domain": [0, 100]}}}},
            {"mark": {"type": "text", "align": "left", "dx": 4, "fontSize": 11},
             "encoding": {"x": {"field": "percent", "type": "quantitative"}, "text": {"field": "said", "type": "nominal"}}}],
        "encoding": {"y": {"field": "name", "type": "nominal", "sort": {"field": "place"}, "title": None}}}


def waterfall(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """差异瀑布 (why what the treasury confirmed is not the month's dues: from 0 to the difference, step by step).

    The dues themselves would dwarf every step; they stand in the table below.
    """
    values: list[dict[str, Any]] = []
    level = 0
    for line in lines:
        if line["kind"] not in ("plus", "minus") or not line["amount_fen"]:
            continue
        moved = int(line["amount_fen"]) if line["kind"] == "plus" else -int(line["amount_fen"])
        values.append({"name": line["zh"], "a": level, "b": level + moved, "how": "加" if moved > 0 else "减", "place": len(values)})
        level += moved
    if values:
        values.append({"name": "国库确认 − 应征", "a": 0, "b": level, "how": "合计", "place": len(values)})
    return {
        "data": {"values": values}, "width": WIDTH, "height": {"step": 22},
        "transform": [{"calculate": "datum.a / 1000000", "as": "from"}, {"calculate": "datum.b / 1000000", "as": "to"}],
        "mark": {"type": "bar"},
        "encoding": {"y": {"field": "name", "type": "nominal", "sort": {"field": "place"}, "title": None, "axis": {"labelLimit": 260}},
                     "x": {"field": "from", "type": "quantitative", "title": "万元"}, "x2": {"field": "to"},
                     "color": {"field": "how", "scale": {"domain": ["加", "减", "合计"], "range": [GREEN, RED, BLUE]}}}}


def stacked(table: Table) -> dict[str, Any]:
    """救助按档次 (ordinary and tilt on top of each other)."""
    sums: dict[str, list[int]] = {}
    for row in table.rows:
        if row[1]:
            kept = sums.setdefault(f"{row[1]}档", [0, 0])
            kept[0] += int(row[5] or 0)
            kept[1] += int(row[6] or 0)
    values = [{"name": name, "kind": kind, "fen": fen} for name, pair in sorted(sums.items()) for kind, fen in zip(("救助", "倾斜救助"), pair, strict=True)]
    return _plain(values, {
        "mark": {"type": "bar"},
        "encoding": {"x": {"field": "name", "type": "nominal", "title": None, "axis": {"labelAngle": 0}}, "y": _wan(),
                     "color": {"field": "kind", "scale": {"domain": ["救助", "倾斜救助"], "range": [BLUE, AMBER]}}}})


def _plain(values: list[dict[str, Any]], rest: dict[str, Any]) -> dict[str, Any]:
    return {"data": {"values": values}, "width": WIDTH, "height": HEIGHT,
            "transform": [{"calculate": WAN, "as": "wan"}], **rest}


def _wan() -> dict[str, Any]:
    return {"field": "wan", "type": "quantitative", "title": "万元"}


def _short(text: str) -> str:
    """The name without its code, cut where it would push the bars away."""
    code, _, name = text.partition(" ")
    shown = name if name and code.isalnum() and code.isascii() else text
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
