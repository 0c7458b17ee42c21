"""月报的流程 (nxmed report): figures from the published tables, one page, one PDF, one workbook (NXJY-68, 69; NXJZ-35; NXJG-11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nxmed.errors import MissingInput
from nxmed.pipelines.assess import REGION_NAMES
from nxmed.pipelines.execute import outcome_of
from nxmed.pipelines.outcome import Outcome, Progress, silent

if TYPE_CHECKING:
    from nxmed.io.inputs import Inputs
    from nxmed.io.runs import Run, RunBuilder
    from nxmed.io.workspace import Workspace
    from nxmed.kernel.period import Period
    from nxmed.report.month.figures import Report, Table

COMMANDS = ("assess", "reconcile", "settle", "assist")
MONTHS = 12
MILLION = 1_000_000
SEVERITY = {"error": "错误", "warning": "警告"}
REGIONS_EN = {"ningxia": "Ningxia", "dingxi": "Dingxi"}


def run_report(ws: Workspace, period: Period, *, dry_run: bool = False, progress: Progress = silent) -> Outcome:
    """出 P 月的月报 (MissingInput, exit 6, when no command has published anything for P)."""
    from nxmed.io.disk import disk_errors
    from nxmed.io.inputs import read_inputs
    from nxmed.io.runs import Request, RunBuilder, current, plan, recover
    from nxmed.kernel import finding

    with ws.lock("report"):
        recover(ws)
        found = [r for r in current(ws) if r.command in COMMANDS and period - (MONTHS - 1) <= r.period <= period]
        mine = sorted((r for r in found if r.period == period), key=lambda r: COMMANDS.index(r.command))
        if not mine:
            raise MissingInput(f"{period.text} 还没有已发布的结果，没有可报的", f"先运行 nxmed assess {period.text} 等月度命令",
                               text_en=f"Nothing is published for {period.text}", hint_en=f"run nxmed assess {period.text} and the others first")
        with ws.scratch() as spool, disk_errors():
            files = read_inputs(ws, period, required=[], optional=["units", "providers"], spool=spool, progress=progress)
            request = Request("report", period, {"region": ws.region, "poolarea_no": ws.poolarea_no}, files.sources,
                              ws.policy_sha(period), sorted(r.run_id for r in found))
            decided = plan(ws, request)
            if decided.up_to_date and decided.run is not None:
                return outcome_of(ws, decided.run, "up_to_date")
            progress("汇总各表", "gathering the figures")
            report = _gather(ws, period, files, mine, request.run_id)
            with RunBuilder(ws, request, as_of=period.last_day, dry_run=dry_run) as run:
                from nxmed.report.month.figures import published

                run.table("report_figures", published(report.tables.values()))
                run.table("findings", finding.collect([files.findings], "report", period.text))
                run.table("files", files.files)
                run.table("rejects", files.rejects)
                progress("画图，写网页、PDF 和工作簿", "drawing, writing page, PDF and workbook")
                _write(run, report, spool)
                run.equations([*files.equations, *_ties(report)])
                run.facts({"region_name": REGION_NAMES[ws.region], "months": len({r.period for r in found}),
                           "summary": [list(row) for row in report.tables["summary"].rows]})
                made = run.publish()
                if made is not None:
                    return replace(outcome_of(ws, made, "published"), unfinished=bool(run.warnings))
                state = run.summary()
                return Outcome("report", period.text, "dry_run", run.run_id, None, state["facts"], state["equations"], state["codes"])


def _gather(ws: Workspace, period: Period, files: Inputs, mine: list[Run], run_id: str) -> Report:
    """Every table of the report; names and counties come from the registers."""
    from nxmed.io.query import answer
    from nxmed.report.month import figures

    report = figures.Report(period.text, REGION_NAMES[ws.region], REGIONS_EN[ws.region], run_id)
    months = {"p": period.text, "ym": period.ym, "year": period.year, "first": (period - (MONTHS - 1)).text,
              "january": f"{period.year}-01", "quarter": f"{period.year}-{(period.month - 1) // 3 * 3 + 1:02d}"}
    report.add(_summary(ws, period))
    for query in figures.QUERIES:
        with answer(ws, query.sql.format(**months)) as got:
            rows = [tuple(_inside(cell, c.kind) for cell, c in zip(row, query.columns, strict=True)) for row in got.rows()]
        report.add(figures.Table(query.id, query.zh, query.en, query.columns, _named(query.id, rows, files), " ".join(query.sql.split()).format(**months),
                                 query.rule, query.note))
    _counties(period, files, mine, report)
    _statement(mine, report)
    _controls(mine, report)
    _sources(mine, report)
    return report


def _summary(ws: Workspace, period: Period) -> Table:
    """This month, the month before, the same month a year ago; an empty cell where nothing is published."""
    from nxmed.io.query import answer
    from nxmed.report.month.figures import SUMMARY, Col, Table

    spans = (period, period - 1, period - 12)
    rows = []
    for _, zh, en, sql in SUMMARY:
        cells = []
        for month in spans:
            with answer(ws, sql.format(p=month.text, ym=month.ym)) as got:
                cells.append(_inside(next(iter(got.rows()))[0], "amount"))
        del en
        rows.append((zh, *cells))
    columns = (Col("name", "项目", "item", "text"), Col("now", f"本月 {period.text}", "this month"),
               Col("before", "上月", "month before"), Col("year_before", "去年同月", "a year ago"))
    return Table("summary", "一页摘要", "summary", columns, rows, "；".join(s[3] for s in SUMMARY), "NXJY-69;NXJG-11")


def _inside(value: Any, kind: str) -> Any:
    """A cell as SQL gave it in inside form (amounts Decimal → fen)."""
    if value is None or kind == "text":
        return value
    if kind == "amount":
        return int(Decimal(value).scaleb(2))
    return int(value)


def _named(name: str, rows: list[tuple[Any, ...]], files: Inputs) -> list[tuple[Any, ...]]:
    """Codes as people call them: 310 职工基本医疗保险, H6401… 甲医院."""
    from nxmed.io.resources import contracts, tables
    from nxmed.kernel.finding_codes import CODES
    from nxmed.report.provider_statement import provider_names

    settlements = {c.id: c for c in contracts()["settlements"].columns}
    deductions = {c.id: c for c in contracts()["deductions"].columns}
    lists: dict[str, tuple[int, Mapping[str, str]]] = {
        "insured": (0, settlements["insutype"].codes), "benefits": (0, deductions["fund_pay_type"].codes),
        "assistance_paid": (1, deductions["fund_pay_type"].codes),
        "collected": (0, tables()["arrivals"].column("class").codes), "arrears": (0, tables()["arrears"].column("age").codes),
        "assistance": (0, tables()["assistance_items"].column("class").codes),
        "findings": (1, {code: known.zh for code, known in CODES.items()}),
    }
    if name == "findings":
        rows = [(command, code, SEVERITY[severity], count) for command, code, severity, count in rows]
    if name == "providers":
        lists["providers"] = (0, provider_names(files.frame("providers")))
    at, names = lists.get(name, (0, {}))
    keep_code = name not in ("collected", "arrears", "assistance")
    return [tuple(_label(str(cell), names, keep_code=keep_code) if i == at and cell is not None else cell for i, cell in enumerate(row)) for row in rows]


def _label(code: str, names: Mapping[str, str], *, keep_code: bool) -> str:
    name = names.get(code)
    return code if name is None else f"{code} {name}" if keep_code else name


def _counties(period: Period, files: Inputs, mine: list[Run], report: Report) -> None:
    """征缴率 by county: paid of the month's dues, deferred ones left out."""
    import polars as pl

    from nxmed.io.resources import divisions
    from nxmed.io.runs import scan_table
    from nxmed.report.month.figures import Col, Table

    run = next((r for r in mine if r.command == "reconcile"), None)
    rows: list[tuple[Any, ...]] = []
    if run is not None:
        units = files.frame("units").select("emp_no", "insu_admdvs").unique("emp_no")
        counted = (
            scan_table(run, "due_balances")
            .filter((pl.col("accrym") == period.ym) & (pl.col("opened_period") == period.text) & ~pl.col("deferred"))
            .join(units, on="emp_no", how="left")
            .group_by(pl.col("insu_admdvs").fill_null("不详"))
            .agg(units=pl.col("emp_no").n_unique().cast(pl.Int64), amt=pl.col("amt").sum(), paid=pl.col("paid").sum())
            .sort("insu_admdvs").collect())
        rows = [(_label(place, divisions(), keep_code=True), n, amt, paid, paid * MILLION // amt if amt else None) for place, n, amt, paid in counted.iter_rows()]
        total = [sum(r[i] for r in rows) for i in (1, 2, 3)]
        rows.append(("合计", *total, total[2] * MILLION // total[1] if total[1] else None))
    columns = (Col("county", "参保地", "county", "text"), Col("units", "单位", "units", "count"), Col("dues", "应征（不含缓缴）", "dues, deferred left out"),
               Col("paid", "已缴", "paid"), Col("rate", "征缴率", "collection rate", "rate"))
    report.add(Table("counties", "征缴率，按参保地", "collection rate by county", columns, rows,
                     f"due_balances（accrym = {period.ym}，opened_period = {period.text}，非缓缴）× 参保单位 insu_admdvs", "NXJY-68",
                     "征缴率不进位"))


def _statement(mine: list[Run], report: Report) -> None:
    """The reconciliation statement as the run of reconcile published it."""
    from nxmed.report.month.figures import Col, Table

    run = next((r for r in mine if r.command == "reconcile"), None)
    lines = list(run.facts.get("statement", [])) if run is not None else []
    signs = {"start": "", "plus": "+", "minus": "−", "sum": "=", "check": "✓"}
    rows = [(f"{signs[x['kind']]} {x['zh']}".strip(), x["count"], x["amount_fen"]) for x in lines]
    columns = (Col("name", "项目", "item", "text"), Col("count", "笔数", "count", "count"), Col("amt", "金额", "amount"))
    report.add(Table("statement", "到账对账表", "reconciliation statement", columns, rows, "reconcile 的 manifest facts.statement", "NXJY-22"))
    upto = next((n for n, x in enumerate(lines) if x["id"] == "confirmed"), -1)
    report.steps = lines[: upto + 1]


def _controls(mine: list[Run], report: Report) -> None:
    """守恒等式 of the month, each with both sides as proved."""
    from nxmed.report.month.figures import Col, Table

    rows = []
    for run in mine:
        proved = [e for e in run.manifest["equations"] if not str(e["id"]).startswith("read.")]
        rows.append((f"{run.command}：{len(run.manifest['equations'])} 条等式", len(run.manifest["equations"]), len(proved)))
    columns = (Col("name", "环节", "stage", "text"), Col("all", "等式", "equations", "count"), Col("own", "其中本环节", "of the stage itself", "count"))
    report.add(Table("controls", "控制合计（全部成立，否则不发布）", "controls: all hold, or nothing is published", columns, rows, "各次运行的 manifest equations"))


def _sources(mine: list[Run], report: Report) -> None:
    """来自哪些运行, and the head of the chain among them."""
    from nxmed.report.month.figures import Col, Table

    rows = [(f"第 {r.seq} 次 {r.name}", r.run_id, r.manifest_sha) for r in sorted(mine, key=lambda r: r.seq)]
    columns = (Col("run", "运行", "run", "text"), Col("run_id", "运行编号", "run_id", "text"), Col("sha256", "清单 sha256", "sha256 of the manifest", "text"))
    report.add(Table("sources", "依据的运行（末行为链头）", "the runs behind it; the last is the head of the chain", columns, rows, "runs/*/manifest.json", "NXJG-11"))


def _ties(report: Report) -> list[Any]:
    """What stands twice in the report is the same: dues by insurance type = dues of the summary = dues of the statement."""
    from nxmed.kernel.stage import Equation
    from nxmed.report.month.figures import total

    summary = {row[0]: row[1] or 0 for row in report.tables["summary"].rows}
    made = [Equation("report.payables", "应付：按机构 = 按基金 = 摘要", {"按机构": total(report.tables["providers"].rows, 2)},
                     {"摘要": summary["应付定点机构"]}, unit="fen", en="payables by provider = summary"),
            Equation("report.funds", "应付：按基金 = 摘要", {"按基金": total(report.tables["benefits"].rows, 7)},
                     {"摘要": summary["应付定点机构"]}, unit="fen", en="payables by fund = summary"),
            Equation("report.arrivals", "到账：按去向 = 摘要",
                     {"按去向": total(report.tables["collected"].rows, 2) + total(report.tables["collected"].rows, 3)},
                     {"摘要": summary["到账（含滞纳金）"]}, unit="fen", en="arrivals by class = summary")]
    if report.steps:
        made.append(Equation("report.dues", "应征：核定单 = 对账表", {"核定单": total(report.tables["insured"].rows, 6)},
                             {"对账表": int(report.steps[0]["amount_fen"])}, unit="fen", en="dues of the bills = statement"))
    return made


def _write(run: RunBuilder, report: Report, scratch: Path) -> None:
    from nxmed.io.fonts import report_fonts
    from nxmed.report.month import book, charts, page

    fonts = report_fonts(page.texts(report), charts.FAMILY)
    folder = scratch / "fonts"
    fonts.write(folder)
    made = page.render(report, fonts, folder, scratch)
    run.outbox(f"月报_{report.period}.html").write_bytes(made.html)
    run.outbox(f"月报_{report.period}.pdf").write_bytes(made.pdf)
    book.write(run.outbox(f"月报_{report.period}.xlsx"), report)
