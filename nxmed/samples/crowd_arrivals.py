"""普通单位的到账 (how the crowd pays): per unit, insurance type and month, in one of the ways that occur."""

from __future__ import annotations

import polars as pl

from nxmed.kernel.money import half_up
from nxmed.kernel.period import Period
from nxmed.samples import layout, planted
from nxmed.samples.crowd import Crowd
from nxmed.samples.regions import Region

EMP_ITEM, PSN_ITEM, ANY_ITEM = "职工基本医疗保险费（单位缴纳）", "职工基本医疗保险费（个人缴纳）", "职工基本医疗保险费"
EMP_LARGE, PSN_LARGE, ANY_LARGE = "大额医疗费用补助（单位缴纳）", "大额医疗费用补助（个人缴纳）", "大额医疗费用补助"
NORMAL = "正常"

LINES: dict[str, pl.DataType] = {
    **layout.schema("tax_arrivals"),
    "k": pl.Int64(),
    "insutype": pl.String(),
    "tie": pl.String(),
    "off": pl.Int64(),
    "again": pl.Boolean(),
}
"""Lines on their way: k = month index of delivery; tie = how the treasury lists them (`ticket`, `day`, `none`);
off = fen by which the ticket's first statement is wrong (put right a month later); again = a repeated delivery."""

OFF = 10_000
SURPLUS = 10_000


def treasury_of(admdvs: pl.Expr) -> pl.Expr:
    """国库代码 (11 digits, made up from the county's code)."""
    return pl.lit("28") + admdvs + pl.lit("000")


def _item(part: str) -> pl.Expr:
    basic, large = {"emp": (EMP_ITEM, EMP_LARGE), "psn": (PSN_ITEM, PSN_LARGE), "any": (ANY_ITEM, ANY_LARGE)}[part]
    return pl.when(pl.col("insutype") == "330").then(pl.lit(large)).otherwise(pl.lit(basic))


def _lines(
    paid: pl.DataFrame,
    *,
    part: str,
    amt: pl.Expr,
    line: int = 1,
    ticket: int = 0,
    bill: bool = False,
    months: bool = False,
) -> pl.DataFrame:
    """One line for each row of `paid` that has something to pay."""
    nothing = pl.lit(None, pl.String)
    return paid.with_columns(
        line_no=pl.lit(line, pl.Int64),
        levy_subitem_name=_item(part),
        paid_amt=amt,
        t=pl.lit(str(ticket)),
        clct_bill_id=pl.col("bill") if bill else nothing,
        accrym_begn=pl.col("ym") if months else nothing,
        accrym_end=pl.col("ym") if months else nothing,
    ).filter(pl.col("paid_amt") > 0)


def _by_kind(kind: str, paid: pl.DataFrame) -> list[pl.DataFrame]:
    emp, psn = pl.col("emp"), pl.col("psn")
    if kind in ("bill", "late", "diff", "twice"):
        return [_lines(paid, part="emp", amt=emp, bill=True), _lines(paid, part="psn", amt=psn, line=2, bill=True)]
    if kind == "period":
        return [_lines(paid, part="emp", amt=emp, months=True), _lines(paid, part="psn", amt=psn, line=2, months=True)]
    if kind == "lump":
        return [_lines(paid, part="any", amt=emp + psn, bill=True, months=True)]
    if kind == "split":
        return [
            _lines(paid, part="emp", amt=emp // 2, months=True),
            _lines(paid, part="emp", amt=emp - emp // 2, ticket=1, months=True),
            _lines(paid, part="psn", amt=psn, line=2, ticket=1, months=True),
        ]
    if kind == "open":
        return [_lines(paid, part="any", amt=emp + psn)]
    if kind == "short":
        return [
            _lines(paid, part="emp", amt=emp - emp // 100, months=True),
            _lines(paid, part="psn", amt=psn, line=2, months=True),
        ]
    return [
        _lines(paid, part="emp", amt=emp + SURPLUS, bill=True),
        _lines(paid, part="psn", amt=psn, line=2, bill=True),
    ]


def crowd_lines(region: Region, crowd: Crowd, dues: pl.DataFrame, start: Period, months: int) -> pl.DataFrame:
    """到账明细 of all months (shape LINES, sorted)."""
    due = dues.filter(pl.col("k") >= 0).join(
        crowd.units.select("u", "emp_no", "emp_name", "uscc", "insu_admdvs", "county", "kind", "paid_day", "serial"),
        on="u",
        how="inner",
    )
    names = {k: (start + k).ym for k in range(months + 1)}
    firsts = {k: (start + k).first_day for k in range(months + 1)}
    due = (
        due.with_columns(
            ym=pl.col("k").replace_strict(names, return_dtype=pl.String),
            delivered=pl.col("k") + (pl.col("kind") == "late").cast(pl.Int64),
        )
        .with_columns(
            bill=pl.col("ym") + "-" + pl.col("emp_no") + "-" + pl.col("insutype"),
            dlv_ym=pl.col("delivered").replace_strict(names, return_dtype=pl.String),
            first=pl.col("delivered").replace_strict(firsts, return_dtype=pl.Date),
        )
        .filter(pl.col("delivered") < months)
    )
    made = [
        line
        for (kind,), paid in sorted(due.partition_by("kind", as_dict=True).items())
        for line in _by_kind(str(kind), paid)
    ]
    if not made:
        return pl.DataFrame(schema=LINES)
    late = pl.col("kind") == "late"
    lines = pl.concat(made).with_columns(
        elec_taxrpt_no=pl.lit("3" + region.prefix)
        + pl.col("dlv_ym")
        + pl.col("t")
        + pl.col("insutype").str.slice(1, 1)
        + pl.col("serial").cast(pl.String).str.zfill(8),
        taxpayer_no="uscc",
        taxpayer_name="emp_name",
        intsury_time=pl.col("first") + pl.duration(days=pl.col("paid_day") - 1),
        latefee=pl.when(late).then(half_up(pl.col("paid_amt"), pl.col("paid_day") * region.latefee_ppm)).otherwise(0),
        levy_attr=pl.when(late).then(pl.lit("补缴")).otherwise(pl.lit(NORMAL)),
        org_taxrpt_no=pl.lit(None, pl.String),
        treasury_code=treasury_of(pl.col("insu_admdvs")),
        off=pl.when(pl.col("kind") == "diff").then(OFF).otherwise(0),
        tie=pl.when((pl.col("county") % 3 == 0) | (pl.col("kind") == "diff"))
        .then(pl.lit("ticket"))
        .otherwise(pl.lit("day")),
        k="delivered",
        again=pl.lit(False),
    )
    repeated = lines.filter((pl.col("kind") == "twice") & (pl.col("line_no") == 1) & (pl.col("k") + 1 < months))
    both = pl.concat([lines, repeated.with_columns(k=pl.col("k") + 1, again=pl.lit(True))])
    return both.select([pl.col(name).cast(dtype) for name, dtype in LINES.items()]).sort(
        "k", "intsury_time", "elec_taxrpt_no", "line_no", "again"
    )


def planted_in_lines(lines: pl.DataFrame, crowd: Crowd, start: Period, months: int) -> pl.DataFrame:
    """多缴、国库金额不符、重复到账 of the crowd, as planted rows."""
    line_key = planted.key_of(elec_taxrpt_no="elec_taxrpt_no", line_no="line_no")
    over = crowd.units.filter(pl.col("kind") == "over").get_column("uscc").implode()
    rows = []
    for k in range(months):
        month, here = (start + k).text, lines.filter(pl.col("k") == k)
        surplus = here.filter(
            pl.col("taxpayer_no").is_in(over) & pl.col("levy_subitem_name").str.contains("单位", literal=True)
        )
        rows += [
            planted.many(
                surplus,
                month=month,
                command="reconcile",
                table=planted.FINDINGS,
                code="OVERPAID",
                key=line_key,
                note="多缴 100 元",
            ),
            planted.many(
                here.filter(pl.col("off") != 0).unique(["elec_taxrpt_no", "insutype"]),
                month=month,
                command="reconcile",
                table=planted.FINDINGS,
                code="TREASURY_DIFF",
                key=planted.key_of(elec_taxrpt_no="elec_taxrpt_no", insutype="insutype"),
                note="国库多记 100 元，次月更正",
            ),
            planted.many(
                here.filter(pl.col("again")),
                month=month,
                command="reconcile",
                table=planted.FINDINGS,
                code="DUPLICATE_ARRIVAL",
                key=line_key,
                note="上月已送达的明细再次送达",
            ),
        ]
    return pl.concat(rows)
