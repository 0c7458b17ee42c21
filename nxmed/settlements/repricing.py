"""待遇复核 (repricing): what the fund's share should have been by the text, held against what was settled.

Dingxi: DXTC-22, 27, 30.4, 31, 45. Running totals over the year come from all months so far, in order of settlement.
Not computed until there are data for them: DXTC-23 (class B items), 25, 34, 49, 50 and the examinations of NXJY-37.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from nxmed.kernel import finding
from nxmed.settlements import repricing_chronic, repricing_inpatient
from nxmed.settlements.findings import yuan_text
from nxmed.settlements.funds import EMPLOYEES
from nxmed.settlements.holds import REFUND
from nxmed.settlements.repricing_shape import INPATIENT, REPRICING, percent_text
from nxmed.settlements.shapes import CHRONIC, FEES, KEY, PROVIDERS, SettleInputs, shaped
from nxmed.settlements.terms import ChronicTerms, InpatientTerms, SupplementTerms, reprices

CHRONIC_TYPE = "14"
NOT_COMPUTED = "DXTC-23、25、34、49、50 与 NXJY-37.2 需要项目明细、留观和外检数据，未计算"
NO_REGISTER = "没有门诊慢特病认定文件，慢特病未复核"
NO_DRUG_FLAG = "结算明细没有 tdrug_flag 列，谈判药补助未复核"
NOTES = (NOT_COMPUTED, NO_REGISTER, NO_DRUG_FLAG)


@dataclass(frozen=True)
class Repriced:
    """复核结果: table `repricing`, findings, and what was not computed with the reason."""

    table: pl.DataFrame
    findings: list[pl.DataFrame]
    facts: dict[str, Any] = field(default_factory=dict)


def reprice(inputs: SettleInputs, buckets: Sequence[pl.LazyFrame] = ()) -> Repriced:
    """复核一个月的待遇 (rows of the month; fees of all months up to it for the yearly totals). `buckets`: what `fees`
    gives, in buckets of whole persons."""
    law, day = inputs.law, inputs.period.first_day
    if not reprices(law, day):
        note = "文件未规定住院待遇标准，policy.toml 亦未给出 repricing.ningxia.*，未复核"
        made = pl.DataFrame(schema=REPRICING)
        return Repriced(made, [_skipped(note)], {"rows": 0, "skipped": [note]})
    pieces: list[pl.DataFrame] = []
    skipped: list[str] = []
    for piece in buckets or [fees(inputs)]:
        everything, left_out = _priced(inputs, _of_persons(piece, inputs))
        pieces.append(everything.filter(pl.col("inbox_month") == inputs.period.text).select(list(REPRICING)))
        skipped += left_out
    skipped = [note for note in NOTES if note in skipped]
    table = pl.concat(pieces).sort("setl_id", "refd_setl_flag", "fixmedins_code")
    found = [_differences(table)]
    unknown = table.filter(pl.col("state") != "computed")
    if unknown.height:
        found.append(finding.make("REPRICE_SKIPPED", unknown, pl.format(
            "未能复核：{}", pl.col("state").replace_strict(_STATES, default=pl.col("state")))))
    facts = {"rows": table.height, "differences": found[0].height, "skipped": skipped}
    return Repriced(table, [*found, *[_skipped(s) for s in skipped[1:]]], facts)


def priced(inputs: SettleInputs) -> tuple[pl.DataFrame, list[str]]:
    """全年复核 (PRICED: the rows of the persons settled this month, of all months so far; and what was not computed)."""
    return _priced(inputs, _of_persons(fees(inputs), inputs))


def _priced(inputs: SettleInputs, fees: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    law, day = inputs.law, inputs.period.first_day
    stays = fees.filter(pl.col("med_type").str.starts_with(INPATIENT) & ~_is_drug())
    made = [repricing_inpatient.price(
        stays, shaped(inputs.providers, PROVIDERS).collect(), InpatientTerms.load(law, day),
        SupplementTerms.load(law, day, "inpatient"), law)]
    skipped = [NOT_COMPUTED]
    chronic = ChronicTerms.load(law, day)
    if chronic is not None:
        supplement = SupplementTerms.load(law, day, "chronic")
        rows = fees.filter(pl.col("med_type").str.starts_with(CHRONIC_TYPE) & ~_is_drug())
        if inputs.chronic_present:
            register = shaped(inputs.chronic_registrations, CHRONIC).collect()
            made.append(repricing_chronic.price(rows, register, chronic, supplement))
        elif rows.height:
            skipped.append(NO_REGISTER)
        drugs = SupplementTerms.load(law, day, "drug")
        if "tdrug_flag" in inputs.settlements.collect_schema().names() and drugs is not None:
            made.append(repricing_chronic.price_drugs(fees.filter(_is_drug()), drugs))
        else:
            skipped.append(NO_DRUG_FLAG)
    return pl.concat(made), skipped


_STATES = {"level_unknown": "机构等级未知", "disease_unknown": "病种不在第三十一条表内"}


def _is_drug() -> pl.Expr:
    return (pl.col("tdrug_flag") == "1").fill_null(False) & ~pl.col("med_type").str.starts_with(INPATIENT)


def fees(inputs: SettleInputs) -> pl.LazyFrame:
    """复核所需的费用 (FEES: stays, chronic and negotiated-drug fees and refunds of employees, of all months so far)."""
    return shaped(inputs.settlements, FEES).filter(
        (pl.col("insutype") == EMPLOYEES) & (pl.col("inbox_month") <= inputs.period.text)
        & (_kinds() | (pl.col("refd_setl_flag") == REFUND)))


def _kinds() -> pl.Expr:
    return (pl.col("med_type").str.starts_with(INPATIENT) | pl.col("med_type").str.starts_with(CHRONIC_TYPE)
            | (pl.col("tdrug_flag") == "1").fill_null(False))


def _of_persons(every: pl.LazyFrame, inputs: SettleInputs) -> pl.DataFrame:
    """Fees of the persons settled this month: the newest row of each, refunded ones left out."""
    persons = every.filter(_kinds() & (pl.col("inbox_month") == inputs.period.text)).select("psn_no").unique()
    rows = every.join(persons, on="psn_no", how="semi").collect(engine="streaming")
    rows = rows.sort("inbox_month", *KEY, descending=[True, *(False for _ in KEY)]).unique(
        KEY, keep="first", maintain_order=True)
    refunds = rows.filter(pl.col("refd_setl_flag") == REFUND).select(
        "fixmedins_code", setl_id=pl.coalesce("org_setl_id", "setl_id")).unique()
    return rows.filter(pl.col("refd_setl_flag") != REFUND).join(refunds, on=["fixmedins_code", "setl_id"], how="anti").filter(
        _kinds())


def _skipped(note: str) -> pl.DataFrame:
    return finding.make("REPRICE_SKIPPED", pl.DataFrame({"ref_no": [note[:24]]}), note)


def _differences(table: pl.DataFrame) -> pl.DataFrame:
    """REPRICE_DIFF: one per settlement whose pooled or supplement share is not what the text gives, with the steps."""
    bad = table.filter((pl.col("state") == "computed") & ((pl.col("diff_amt") != 0) | (pl.col("supp_diff_amt") != 0)))
    y = yuan_text
    first = pl.when(pl.col("kind") == "drug").then(pl.lit("谈判药门诊，统筹按结算单；")).otherwise(pl.format(
        "政策范围内 {} − 起付 {}，× {} = {}；年内已付 {}，限额 {} → {}；", y(pl.col("inscp_scp_amt")), y(pl.col("dedc_amt")),
        percent_text(pl.col("rate")), y(pl.col("raw_amt")), y(pl.col("run_before")), y(pl.col("limit_amt")),
        y(pl.col("fund_amt"))))
    steps = pl.concat_str([
        first, pl.format("结算单统筹 {}，差 {}；自付 {}，大额补助应为 {}，结算单 {}，差 {}", y(pl.col("hifp_pay")), y(pl.col("diff_amt")),
                         y(pl.col("own_amt")), y(pl.col("supp_amt")), y(pl.col("hifob_pay")), y(pl.col("supp_diff_amt")))])
    return finding.make(
        "REPRICE_DIFF", bad, steps, diff_amt=pl.col("diff_amt") + pl.col("supp_diff_amt"),
        expected=y(pl.col("fund_amt") + pl.col("supp_amt")), actual=y(pl.col("hifp_pay") + pl.col("hifob_pay")))
