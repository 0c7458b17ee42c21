"""网页和 PDF (the page and the PDF): one HTML file that fetches nothing, and the same tables and charts on A4."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from nxmed.kernel.money import yuan_grouped
from nxmed.report.month import charts
from nxmed.report.month.figures import Col, Report, Table, rate_text
from nxmed.report.workbook import text_width

HERE = Path(__file__).parent
CHARTS: tuple[tuple[str, str], ...] = (
    ("trend", "应征与到账，近十二个月（万元）"), ("counties", "征缴率，按参保地（%）"), ("waterfall", "差异：从应征到国库确认（万元）"),
    ("providers", "应付机构前十（万元）"), ("assistance", "救助，按档次，年初至今（万元）"), ("arrears", "欠费，按逾期时间（万元）"),
)
PAGES = {"trend": ("trend",), "counties": ("insured", "counties"), "waterfall": ("statement", "collected"),
         "providers": ("benefits", "providers"), "assistance": ("assistance", "assistance_paid"), "arrears": ("arrears",)}
LAST = ("findings", "controls", "sources")
FIXED = "合计加减应征到账救助倾斜档万元…是否无国库确认"
"""Words of charts that stand in no template."""
MOST_ROWS = 60
SHORT = 16
"""Columns of text no wider than this take the width they need."""


@dataclass(frozen=True)
class Rendered:
    """网页与 PDF (bytes; the same for the same figures)."""

    html: bytes
    pdf: bytes
    charts: dict[str, str]


class Fonts(Protocol):
    """A font cut to what the report says."""

    @property
    def woff2(self) -> Mapping[str, bytes]: ...
    @property
    def lacking(self) -> str: ...


def texts(report: Report) -> list[str]:
    """报告里的全部文字 (what the font must hold)."""
    templates = [(HERE / name).read_text("utf-8") for name in ("page.html.j2", "page.typ")]
    return [*report.texts(), *templates, *(t for _, t in CHARTS), FIXED]


def render(report: Report, fonts: Fonts, folder: Path, scratch: Path) -> Rendered:
    """排版. A chart without figures is left out; characters that the font lacks are named on the page.

    folder: the font's files; scratch: a private place for what is put together.
    """
    drawn = {name: charts.draw(spec, folder) for name, spec in _specs(report).items()}
    return Rendered(_html(report, fonts, drawn), _pdf(report, fonts, drawn, folder, scratch), drawn)


def _specs(report: Report) -> dict[str, dict[str, Any]]:
    made = {"trend": charts.trend(report.tables["trend"]), "counties": charts.rates(report.tables["counties"], 0, 4),
            "waterfall": charts.waterfall(report.steps), "providers": charts.bars(report.tables["providers"], 0, 2),
            "assistance": charts.stacked(report.tables["assistance"]), "arrears": charts.bars(report.tables["arrears"], 0, 2, colour=charts.RED)}
    return {name: spec for name, spec in made.items() if spec["data"]["values"]}


def cell_text(value: Any, column: Col) -> str:
    """一格的文字 (empty stays empty, never 0)."""
    if value is None:
        return ""
    if column.kind == "amount":
        return yuan_grouped(value)
    if column.kind == "count":
        return f"{value:,}"
    if column.kind == "rate":
        return rate_text(value)
    return str(value)


def _shown(table: Table) -> dict[str, Any]:
    rows = table.rows[:MOST_ROWS]
    more = len(table.rows) - len(rows)
    note = "；".join(filter(None, [table.note, f"另有 {more:,} 行见工作簿" if more else ""]))
    longest = [max((text_width(cell_text(row[n], c)) for row in rows), default=0) for n, c in enumerate(table.columns)]
    return {
        "id": table.id, "title": table.zh, "note": note, "source": table.source, "rule": table.rule.replace(";", "、"),
        "head": [c.zh for c in table.columns], "left": [c.kind == "text" for c in table.columns],
        "wide": [c.kind == "text" and w > SHORT for c, w in zip(table.columns, longest, strict=True)],
        "rows": [[cell_text(v, c) for v, c in zip(row, table.columns, strict=True)] for row in rows],
    }


def _cards(report: Report) -> list[dict[str, str]]:
    """The figures that are looked at first, large."""
    now = {row[0]: row[1] for row in report.tables["summary"].rows}
    rate = report.tables["counties"].rows[-1][4] if report.tables["counties"].rows else None
    cells = [("应征", now["应征"], "amount"), ("到账（含滞纳金）", now["到账（含滞纳金）"], "amount"), ("征缴率（不含缓缴）", rate, "rate"),
             ("月末未缴", now["月末未缴（含以前月份）"], "amount"), ("应付定点机构", now["应付定点机构"], "amount"),
             ("手工救助支付", now["手工救助支付"], "amount")]
    return [{"name": name, "value": cell_text(value, Col("", "", "", kind)) or "—"} for name, value, kind in cells]


def _sections(report: Report, drawn: dict[str, str]) -> list[dict[str, Any]]:
    made = [{"id": "summary", "title": "一页摘要", "chart": "", "tables": [_shown(report.tables[t]) for t in ("summary", "spans")]}]
    for name, title in CHARTS:
        tables = [_shown(report.tables[t]) for t in PAGES[name] if report.tables[t].rows]
        if tables or name in drawn:
            made.append({"id": name, "title": title, "chart": drawn.get(name, ""), "tables": tables})
    made.append({"id": "controls", "title": "", "chart": "", "tables": [_shown(report.tables[t]) for t in LAST if report.tables[t].rows]})
    return made


def _html(report: Report, fonts: Fonts, drawn: dict[str, str]) -> bytes:
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    faces = [{"weight": weight, "data": base64.b64encode(fonts.woff2[name]).decode()} for name, weight in (("regular", 400), ("bold", 700))]
    template = (HERE / "page.html.j2").read_text("utf-8")
    sections = [{**s, "chart": Markup(s["chart"])} for s in _sections(report, drawn)]  # noqa: S704 - drawn here, its texts escaped by the drawing
    text = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(template).render(
        report=report, cards=_cards(report), sections=sections, faces=faces, family=charts.FAMILY, lacking=fonts.lacking)
    return text.encode()


def _pdf(report: Report, fonts: Fonts, drawn: dict[str, str], folder: Path, scratch: Path) -> bytes:
    import typst

    place = scratch / "page"
    place.mkdir(parents=True, exist_ok=True)
    for name, svg in drawn.items():
        (place / f"{name}.svg").write_text(svg, "utf-8")
    content = {"period": report.period, "region": report.region, "cards": _cards(report), "run_id": report.run_id, "lacking": fonts.lacking,
               "sections": [{**s, "chart": f"{s['id']}.svg" if s["chart"] else ""} for s in _sections(report, drawn)]}
    (place / "data.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    main = place / "page.typ"
    main.write_bytes((HERE / "page.typ").read_bytes())
    made: bytes = typst.compile(str(main), root=str(place), font_paths=[str(folder)], ignore_system_fonts=True)
    return made


