"""核定的流程 (nxmed assess): what month P reads, and what goes to the tax bureau (SPEC section 1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nxmed.pipelines.execute import Command, Delivered, Loaded, execute
from nxmed.pipelines.outcome import Outcome, Progress, silent

if TYPE_CHECKING:
    import polars as pl

    from nxmed.io.runs import Run, RunBuilder
    from nxmed.io.workspace import Workspace
    from nxmed.kernel.period import Period
    from nxmed.law.catalog import Law

REQUIRED = ["units", "persons", "wage_declarations", "average_wages"]
OPTIONAL = ["personnel_changes", "deferrals", "opening_bills", "opening_supplements"]
DATED = {"average_wages": "publ_date", "personnel_changes": "rcvd_date", "deferrals": "sign_date", "wage_declarations": "dcla_date"}
"""The day from which a row of a register can be seen."""
REGION_NAMES = {"ningxia": "宁夏", "dingxi": "定西"}


def run_assess(
    ws: Workspace, period: Period, *, as_of: date | None = None, dry_run: bool = False, progress: Progress = silent
) -> Outcome:
    """核定 P 月 (`as_of` defaults to the last day of P−1)."""
    day = as_of or (period - 1).last_day
    command = Command("assess", _loader(day), lambda loaded: _compute(loaded.room), _findings, _deliver)
    return execute(ws, period, command, arguments={"as_of": day.isoformat()}, as_of=day, dry_run=dry_run,
                   progress=progress)


def _loader(as_of: date) -> Any:
    def load(ws: Workspace, period: Period, spool: Path, first: bool, progress: Progress) -> Loaded:
        return load_assess(ws, period, as_of, spool, first=first, progress=progress)

    return load


def load_assess(
    ws: Workspace, period: Period, as_of: date, spool: Path, *, first: bool, progress: Progress = silent,
    only: Collection[str] | None = None,
) -> Loaded:
    """读入一个月核定所需 (files of the inbox, the run of P−1, 330 lines of earlier months of the year)."""
    from nxmed.contributions.assess import AssessInputs
    from nxmed.io.inputs import read_inputs
    from nxmed.io.runs import history, newest
    from nxmed.law.catalog import Law

    progress("读取并检查收件箱", "reading and checking the inbox")
    law = Law.load(ws.region, ws.policy())
    _numbers_given(law, period)
    files = read_inputs(ws, period, required=REQUIRED, optional=OPTIONAL, spool=spool, progress=progress, only=only)
    before = newest(ws, "assess", period - 1)
    this_year = [r for r in history(ws, "assess", before=period) if r.period.year == period.year]
    upstream = {r.run_id for r in this_year} | ({before.run_id} if before else set())
    room = AssessInputs(
        period=period, as_of=as_of, law=law, first_month=first,
        **{name: files.frame(name, seen=_seen(name, as_of)) for name in (*REQUIRED, *OPTIONAL)},
        persons_month=files.month_of("persons"),
        previous_bills=_table(before, "assessments"), previous_lines=_table(before, "assessment_lines"),
        charged_supplements=_charged(this_year),
    )
    return Loaded(files, room, tuple(sorted(upstream)))


def _seen(contract: str, as_of: date) -> pl.Expr | None:
    """Rows dated after the as-of day are not there, and so take no earlier row's place."""
    import polars as pl

    return pl.col(DATED[contract]) <= as_of if contract in DATED else None


def _numbers_given(law: Law, period: Period) -> None:
    """Every number that policy.toml must give is there on the first day of P; all missing ones are named at once."""
    from nxmed.errors import MissingNumber
    from nxmed.law.policy import policy_keys

    lacking = [k for k in policy_keys() if law.region in k.required and not law.has(k.key, on=period.first_day)]
    if not lacking:
        return
    raise MissingNumber(
        f"缺少 {period.first_day} 适用的数字：" + "、".join(f"{k.zh}（{k.key}）" for k in lacking),
        "按当地通知写入 policy.toml：" + "、".join(f"[{k.key}]" for k in lacking) + "，每个注明 since、value、source",
        text_en=f"No value on {period.first_day} for " + ", ".join(k.key for k in lacking),
        hint_en="Give them in policy.toml as " + ", ".join(f"[{k.key}]" for k in lacking) + ", each with since, value, source",
    )


def _table(run: Run | None, name: str) -> pl.LazyFrame:
    """A published table in inside form, empty without a run."""
    from nxmed.io.resources import tables
    from nxmed.io.runs import scan_table

    return scan_table(run, name) if run is not None else tables()[name].empty().lazy()


def _charged(runs: list[Run]) -> pl.LazyFrame:
    """psn_no of the 330 lines of earlier months of the year."""
    import polars as pl

    frames = [_table(r, "assessment_lines").filter(pl.col("insutype") == "330").select("psn_no") for r in runs]
    return pl.concat(frames).unique() if frames else pl.LazyFrame(schema={"psn_no": pl.String})


def _compute(room: Any) -> Any:
    from nxmed.contributions.assess import assess

    return assess(room)


def _findings(result: Any) -> Iterable[pl.DataFrame]:
    return [result.findings]


def _deliver(ws: Workspace, period: Period, run: RunBuilder, loaded: Loaded, result: Any) -> Delivered:
    """The tax bureau's file and workbook, read back and held against the dues."""
    from nxmed.kernel.stage import Equation
    from nxmed.report import tax_file

    made = tax_file.tax_file(result.tables["assessments"], result.tables["dues"], loaded.room.units)
    csv_name = f"核定信息_{period.text}.csv"
    csv_path = run.outbox(csv_name)
    sha = tax_file.write_csv(made, csv_path)
    deadline = _deadline(loaded, period)
    tax_file.write_workbook(made, run.outbox(f"核定信息_{period.text}.xlsx"), period=period, poolarea_no=ws.poolarea_no,
                            run_id=run.run_id, csv_name=csv_name, csv_sha256=sha, deadline=" ".join(deadline))
    written = tax_file.read_totals(csv_path)
    dues = result.tables["dues"]
    equations = tuple(
        Equation(f"assess.outbox.{part}", f"送税务文件{zh}合计 = 应缴", {"文件": written[part]},
                 {"应缴": int(dues.filter(dues["part"] == part)["amt"].sum())}, en=f"file to the tax bureau, {part} = dues")
        for part, zh in (("emp", "单位"), ("psn", "个人"))
    )
    rows = Equation("assess.outbox.rows", "送税务文件行数 = 核定单", {"文件": written["bills"]},
                    {"核定单": result.tables["assessments"].height}, unit="rows", en="rows of the file = bills")
    return Delivered(_screen_facts(loaded, result, deadline), (*equations, rows))


def _deadline(loaded: Loaded, period: Period) -> tuple[str, str]:
    """Day of P by which the file is due, and the article, from the region's law file (empty where it says nothing)."""
    law = loaded.room.law
    if not law.has("contribution.tax_file_day", on=period.first_day):
        return "", ""
    number = law.number("contribution.tax_file_day", on=period.first_day)
    return period.first_day.replace(day=number.int).isoformat(), number.rule


def _screen_facts(loaded: Loaded, result: Any, deadline: tuple[str, str]) -> dict[str, Any]:
    """What the screen and later readers of the manifest need, as plain values."""
    import polars as pl

    room, tables = loaded.room, result.tables
    bills = tables["assessments"].group_by("insutype", "crtf_way").agg(
        bills=pl.len().cast(pl.Int64), persons=pl.col("clct_psncnt").sum(), emp_fen=pl.col("emp_clct_amt").sum(),
        psn_fen=pl.col("psn_clct_amt").sum()).sort("insutype", "crtf_way")
    codes = tables["assessment_lines"].drop_nulls("clctstd_crtf_rule_codg").group_by("clctstd_crtf_rule_codg").len()
    deferred = tables["dues"].filter("deferred")
    law = room.law
    return {
        "region_name": REGION_NAMES[law.region],
        "bills": bills.to_dicts(),
        "base_rules": {str(code): n for code, n in sorted(codes.rows())},
        "deferred": {"dues": deferred.height, "amt_fen": int(deferred["amt"].sum()), "rule": law.rule("deferral_limit").rule_id},
        "base_rule": law.rule("contribution_base").rule_id,
        "provisional_rule": law.rule("average_wage_year").rule_id,
        "tax_file_day": deadline[0], "tax_file_rule": deadline[1],
    }
