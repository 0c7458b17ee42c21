"""编批的流程 (nxmed payout build): published items, accounts of the month, batches written in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from nxmed.errors import MissingInput, UsageError
from nxmed.kernel.stage import Equation, prove
from nxmed.payouts.shapes import SOURCES
from nxmed.pipelines.outcome import Progress, silent

if TYPE_CHECKING:
    from nxmed.io.inputs import Inputs
    from nxmed.io.payout_rows import PayoutStore
    from nxmed.io.workspace import Workspace
    from nxmed.kernel.period import Period
    from nxmed.payouts.batch import Built, BuiltBatch


@dataclass(frozen=True)
class BuildOutcome:
    """编批结果: status built, held (nothing could be batched), up_to_date or dry_run; amounts in fen."""

    period: str
    source: str
    day: str
    status: str
    batches: list[BuiltBatch]
    held: pl.DataFrame
    finding_counts: Mapping[str, int]
    equations: list[Equation] = field(default_factory=list)
    rejected: int = 0


def build_payout(ws: Workspace, period: Period, source: str, *, on: date | None = None, dry_run: bool = False,
                 progress: Progress = silent) -> BuildOutcome:
    """编批: all open items published for months up to `period`. Nothing open, or no account register: exit 6."""
    from nxmed.io import payout_store
    from nxmed.io.recovery import recover
    from nxmed.pipelines.payout_gate import published, refresh

    if source not in SOURCES:
        raise UsageError(f"没有这个来源：{source}", "可用：" + "、".join(SOURCES), text_en=f"no such source: {source}",
                         hint_en="known: " + ", ".join(SOURCES))
    day = on or period.last_day
    with ws.lock("payout build"):
        recover(ws)
        progress("读取付款项与账户登记", "reading items and accounts")
        items = published(ws, source, period.text)
        inputs, accounts = _accounts(ws, period)
        if dry_run:
            with payout_store.reading(ws) as store:
                built = _compute(store, items, accounts, source, period, day)
                found = _findings(inputs, built, period)
                return _outcome("dry_run", period, source, day, built, found, _proofs(source, built), inputs)
        with payout_store.writing(ws) as store:
            progress("编批", "building")
            built = _compute(store, items, accounts, source, period, day)
            found = _findings(inputs, built, period)
            if not built.chosen.height and not any(f.height for f in built.findings):
                raise _nothing(source, period)
            progress("证明并写入", "proving and writing")
            status, equations = _write(store, built, found, source, period, day, inputs)
        refresh(ws)
    return _outcome(status, period, source, day, built, found, equations, inputs)


def _accounts(ws: Workspace, period: Period) -> tuple[Inputs, pl.DataFrame]:
    from nxmed.io.disk import disk_errors
    from nxmed.io.input_gate import gate_inputs
    from nxmed.io.inputs import read_inputs

    with ws.scratch() as spool, disk_errors():
        inputs = read_inputs(ws, period, required=["bank_accounts"], spool=spool)
        gate_inputs(inputs)
        return inputs, inputs.frame("bank_accounts").collect()


def _compute(store: PayoutStore, items: pl.DataFrame, accounts: pl.DataFrame, source: str, period: Period, day: date) -> Built:
    from nxmed.payouts.batch import build

    taken = [str(b["bat_no"]) for b in store.batches()]
    past = store.item_lines(source).filter(pl.col("period") <= period.text)
    return build(items, past, accounts, source=source, period=period, day=day, taken=taken)


def _findings(inputs: Inputs, built: Built, period: Period) -> pl.DataFrame:
    from nxmed.kernel import finding

    return finding.collect([inputs.findings, *built.findings], "payout", period.text)


def _proofs(source: str, built: Built) -> list[Equation]:
    from nxmed.payouts.proofs import built_equations

    batched = sum(int(b.line_items["amt"].sum()) for b in built.batches)
    return built_equations(source, built.chosen, batched, built.held)


def _write(store: PayoutStore, built: Built, found: pl.DataFrame, source: str, period: Period, day: date, inputs: Inputs
           ) -> tuple[str, list[Equation]]:
    from nxmed.pipelines.payout_gate import batch_proofs, load, source_proofs

    scope = f"build:{source}"
    before = (store.held_sha256(source), store.findings_sha256(scope, period.text))
    equations = _proofs(source, built)
    read = [{k: s[k] for k in ("path", "sha256", "accepted", "rejected")} for s in inputs.sources]
    for made in built.batches:
        store.insert_batch(_row(made), made.lines, made.line_items)
        equations += batch_proofs(store, load(store, made.batch.bat_no))
        store.log("build", made.batch.bat_no, on=day.isoformat(), inputs=read,
                  runs=sorted(made.line_items["run_id"].unique().to_list()))
    store.replace_held(source, built.held)
    store.replace_findings(scope, period.text, found.to_dicts())
    after = (store.held_sha256(source), store.findings_sha256(scope, period.text))
    if after != before:
        store.log("held", source=source, scope=scope, period=period.text, held=built.held.height, held_sha256=after[0],
                  findings_sha256=after[1], inputs=read)
    equations += source_proofs(store, source)
    prove(equations)
    if built.batches:
        return "built", equations
    return ("up_to_date" if after == before else "held"), equations


def _row(made: BuiltBatch) -> dict[str, Any]:
    b, payer = made.batch, made.batch.payer
    return {
        "bat_no": b.bat_no, "source": b.source, "period": b.period, "fund_pay_type": b.fund_pay_type, "insu_admdvs": b.insu_admdvs,
        "make_date": b.make_date.isoformat() if b.make_date else None, "declared_count": b.declared_count,
        "declared_amt": b.declared_amt, "payer_bankacct": payer.bankacct if payer else None,
        "payer_acctname": payer.acctname if payer else None, "payer_bankcode": payer.bankcode if payer else None,
        "payer_bank_name": payer.bank_name if payer else None, "content_sha256": made.sha256}


def _outcome(status: str, period: Period, source: str, day: date, built: Built, found: pl.DataFrame, equations: list[Equation],
             inputs: Inputs) -> BuildOutcome:
    counts = dict(sorted(found.group_by("code").len().rows()))
    return BuildOutcome(period.text, source, day.isoformat(), status, built.batches, built.held, counts, equations,
                        sum(r.rejected for r in inputs.reads))


def _nothing(source: str, period: Period) -> MissingInput:
    return MissingInput(
        f"{period.text} 及以前没有待编批的付款项（{source}）", f"先运行 nxmed {source} {period.text}；已编的批次：nxmed payout list",
        text_en=f"no open payout items of {source} up to {period.text}",
        hint_en=f"run nxmed {source} {period.text} first; batches there are: nxmed payout list")
