"""机构结算说明的共用部分 (what the stories of `settle` share): the replay of a run, where a row stands, the words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nxmed.errors import IntegrityError, MissingInput, UsageError
from nxmed.kernel.money import yuan_grouped
from nxmed.pipelines.story import Both, prove_equal, same_inputs

if TYPE_CHECKING:
    import polars as pl

    from nxmed.io.runs import Run
    from nxmed.io.workspace import Workspace
    from nxmed.kernel.period import Period
    from nxmed.settlements.shapes import SettleInputs

Row = dict[str, Any]
COMPARED = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")
COMPARED_WORDS = {"medfee_sumamt": Both("医疗费", "fees"), "fund_pay_sumamt": Both("基金", "fund"), "acct_pay": Both("账户", "account")}
CLASSES = {
    "00": Both("平", "equal"), "01": Both("机构多", "only at the provider"), "02": Both("中心多", "only at the agency"),
    "03": Both("金额不符", "amounts differ"), "04": Both("险种或清算类别不符", "insurance or clearing type differs"),
    "05": Both("退费不符", "refund differs or its original is missing"), "06": Both("重复", "repeated"),
    "07": Both("跨期", "settled in another month"),
}
STATES = {
    "recognised": Both("已认定", "recognised"), "waiting": Both("待处理", "waiting"), "rejected": Both("核销不付", "written off"),
    "repeated": Both("重复不付", "repeated, not paid"), "settled_before": Both("以前已结", "settled before"),
}
DECISIONS = {"agency": Both("按中心认定", "as the agency has it"), "provider": Both("按机构更正统筹", "the pool corrected as the provider has it"),
             "reject": Both("不付", "not to be paid")}
FUNDS = {
    "310100": Both("职工统筹", "employees' pool"), "310200": Both("个人账户", "personal account"), "320100": Both("公务员补助", "civil servants"),
    "330100": Both("大额补助", "large-fee supplement"), "350100": Both("残疾军人", "disabled soldiers"),
    "370100": Both("企业补充", "enterprise supplement"), "390100": Both("居民基本", "residents' pool"),
    "390200": Both("居民大病", "residents' serious illness"), "610100": Both("医疗救助", "medical assistance"), "999997": Both("其他", "other"),
}
NONE = Both("无", "none")
YES, NO = Both("成立", "holds"), Both("不成立", "does not hold")


@dataclass(frozen=True)
class Seen:
    """某月里的一笔 (a key in a month: its rows of statement_rows, and its row of statement_breaks where it stays open)."""

    run: Run
    rows: list[Row]
    left_open: Row | None


@dataclass
class Found:
    """一笔的各月 (`months` in order; `at` the one that is explained)."""

    key: tuple[str, str, str]
    months: list[Seen]
    at: Seen = field(init=False)


def find_row(ws: Workspace, setl_id: str, flag: str, provider: str | None, period: Period | None) -> Found:
    """找一笔 in the published months. Unknown, or not in that month: exit 6; the same number at several providers: exit 2."""
    import polars as pl

    from nxmed.io.runs import current, scan_table

    any_flag = pl.col("setl_id") == setl_id
    if provider:
        any_flag = any_flag & (pl.col("fixmedins_code") == provider)
    here = any_flag & (pl.col("refd_setl_flag") == flag)
    months, codes, others = [], set[str](), False
    for run in sorted(current(ws, "settle"), key=lambda r: r.period):
        tables = [scan_table(run, name).filter(any_flag).collect() for name in ("statement_rows", "statement_breaks")]
        rows, left = (t.filter(here) for t in tables)
        others = others or any(t.height for t in tables)
        codes |= {*rows["fixmedins_code"], *left["fixmedins_code"]}
        if rows.height or left.height:
            months.append(Seen(run, rows.sort("copy_no", "side").to_dicts(), left.to_dicts()[0] if left.height else None))
    if not months:
        raise _unknown(setl_id, flag, others)
    if len(codes) > 1:
        raise UsageError(f"{setl_id} 有多家机构：{'、'.join(sorted(codes))}", "加 --provider 机构编号",
                         text_en=f"several providers have {setl_id}: {', '.join(sorted(codes))}", hint_en="add --provider CODE")
    found = Found((codes.pop(), setl_id, flag), months)
    wanted = [m for m in months if period is None or m.run.period == period]
    if not wanted:
        known = [m.run.period.text for m in months]
        raise MissingInput(f"{period} 的结算里没有 {setl_id}", f"有它的月份：{'、'.join(known)}",
                           text_en=f"settle {period} does not have {setl_id}", hint_en=f"months that have it: {', '.join(known)}")
    found.at = wanted[-1]
    return found


def _unknown(setl_id: str, flag: str, others: bool) -> MissingInput:
    if others:
        asked, with_ = ("不是退费的", "加 --refund 问退费") if flag == "0" else ("退费的", "去掉 --refund 问原结算")
        return MissingInput(f"没有{asked}结算 {setl_id}", with_, text_en=f"no such settlement {setl_id}",
                            hint_en="add --refund for its refund" if flag == "0" else "leave out --refund for the settlement itself")
    return MissingInput(
        f"没有找到结算 {setl_id}", "核对结算ID；还没有结算的月份先运行 nxmed settle；nxmed sql 可查 statement_rows",
        text_en=f"no settlement {setl_id}", hint_en="check the number; a month not yet settled: run nxmed settle first")


def run_of(ws: Workspace, period: Period | None) -> Run:
    """某月现行的结算 (the newest month without one; MissingInput, exit 6, when there is none)."""
    from nxmed.io.runs import current

    found = sorted((r for r in current(ws, "settle") if period is None or r.period == period), key=lambda r: r.period)
    if not found:
        month = period.text if period else "YYYY-MM"
        raise MissingInput(f"没有{f' {month} ' if period else ''}的机构结算", f"先运行 nxmed settle {month}",
                           text_en=f"nothing was settled{f' for {month}' if period else ''}", hint_en=f"first run: nxmed settle {month}")
    return found[-1]


@dataclass(frozen=True)
class Replay:
    """一家机构的重算 (a provider's month computed again as a bucket of its own: `rows` as statement_rows, the other tables,
    its detail rows; `room`: the inputs of the whole agency, `own` those of the provider)."""

    room: SettleInputs
    own: SettleInputs
    rows: pl.DataFrame
    tables: Mapping[str, pl.DataFrame]
    lines: pl.LazyFrame


@contextmanager
def replayed(ws: Workspace, run: Run, code: str) -> Iterator[Replay]:
    """重算一家机构的一个月, from the inputs as that run read them (IntegrityError, exit 7, when they are not there as they
    were). The room works through an agency provider by provider just so, and the rows are the same."""
    import polars as pl

    from nxmed.io.runs import check_order
    from nxmed.pipelines.settle import load_settle
    from nxmed.settlements import recognition, room, straight
    from nxmed.settlements.groups import RULE

    _unchanged(ws, run)
    with ws.scratch() as spool:
        loaded = load_settle(ws, run.period, spool, first=check_order(ws, "settle", run.period), replay=run)
        same_inputs(run, loaded)
        own = only(loaded.room, code)
        made = room.settle_bucket(own, recognition.entries(own))
        plain = straight.published(made.plain.lazy(), run.period.text, RULE[own.law.region]).collect()
        yield Replay(loaded.room, own, pl.concat([made.others, plain]), made.tables, made.lines)


OF_PROVIDER = ("settlements", "provider_totals", "deductions", "providers", "prior_rows", "prior_breaks", "prior_payables")


def only(inputs: SettleInputs, code: str) -> SettleInputs:
    """一家机构的输入 (a bucket that holds this provider alone)."""
    import polars as pl

    from nxmed.settlements import past
    from nxmed.settlements.naming import named_details

    def mine(frame: pl.LazyFrame) -> pl.LazyFrame:
        return frame.filter(pl.col("fixmedins_code") == code) if "fixmedins_code" in frame.collect_schema() else frame

    parts: dict[str, Any] = {name: mine(getattr(inputs, name)) for name in OF_PROVIDER}
    named_ = named_details(inputs)
    filed = past.filed_months(replace(inputs, provider_details=named_))["inbox_month"]
    return replace(inputs, provider_details=mine(named_), filed=frozenset(filed), **parts)


def _unchanged(ws: Workspace, run: Run) -> None:
    """Files of the inbox and policy.toml are as they were (before anything is read: a broken file is a changed one)."""
    from nxmed.io.files import sha256_of
    from nxmed.io.resolutions import FILE_NAME

    changed = []
    for source in run.manifest["inputs"]:
        name = str(source["path"])
        path = ws.path / name if (ws.path / name).is_file() else ws.inbox / name.removeprefix("inbox/")
        if name != FILE_NAME and (not path.is_file() or sha256_of(path) != source["sha256"]):
            changed.append(name)
    if ws.policy_sha(run.period) != run.manifest["policy_sha256"]:
        changed.append(Path(ws.policy_path).name)
    if changed:
        raise IntegrityError(
            f"{run.run_id} 用过的文件已变动或缺失，无法重算证明：{'、'.join(changed[:5])}", "恢复原文件后再试；nxmed verify 可查全部",
            text_en=f"files that {run.run_id} used were changed or are missing: {', '.join(changed[:5])}",
            hint_en="restore the files and try again; nxmed verify checks everything")


def prove_rows(run: Run, stored: list[Row], again: pl.DataFrame, by: tuple[str, ...]) -> None:
    """逐行相同 (each published row is found once among the replayed ones, equal in every column; else exit 7)."""
    import polars as pl

    for row in stored:
        same = again.filter(pl.all_horizontal([pl.col(c).eq_missing(pl.lit(row[c], again.schema[c])) for c in by])).to_dicts()
        prove_equal(row, same[0] if len(same) == 1 else dict.fromkeys(row, ""), list(row), run)


def named(code: str, words: Mapping[str, Both]) -> Both:
    """代码与名称 ("03 金额不符")."""
    name = words.get(code, Both("", ""))
    return Both(f"{code} {name.zh}".strip(), f"{code} {name.en}".strip())


def three(row: Mapping[str, Any], prefix: str = "") -> Both:
    """三项金额 (fees, fund, account)."""
    amounts = {c: yuan_grouped(row[f"{prefix}{c}"]) for c in COMPARED}
    return Both("  ".join(f"{COMPARED_WORDS[c].zh} {a}" for c, a in amounts.items()),
                "  ".join(f"{COMPARED_WORDS[c].en} {a}" for c, a in amounts.items()))


def told(*pieces: Both | str) -> Both:
    """连写 (parts joined by commas; empty ones left out)."""
    from nxmed.pipelines.story import joined

    return joined(*pieces, zh="，", en=", ")
