"""样例文件的列 (columns of the files a sample writes): id, 中文 header, kind.

Kinds: text, amount (fen inside), date, time, int. Headers are the first Chinese names of the exchange formats.
"""

from __future__ import annotations

import polars as pl

from nxmed.samples.layout_providers import PROVIDER_COLUMNS, PROVIDER_TITLES

DTYPES: dict[str, pl.DataType] = {
    "text": pl.String(), "amount": pl.Int64(), "date": pl.Date(), "int": pl.Int64(), "time": pl.Datetime("us"),
}

_PSN_NO, _PSN_NAME, _CERTNO = (
    ("psn_no", "人员编号", "text"),
    ("psn_name", "姓名", "text"),
    ("certno", "证件号码", "text"),
)
_EMP_NO, _EMP_NAME = ("emp_no", "单位编号", "text"), ("emp_name", "单位名称", "text")
_USCC = ("uscc", "统一社会信用代码", "text")
_ADMDVS = ("insu_admdvs", "参保所属医保区划", "text")
_INSUTYPE = ("insutype", "险种类型", "text")
_PSN_TYPE = ("psn_type", "人员类别", "text")
_ACCRYM = ("accrym", "费款所属期", "text")
_BEGN, _END = ("accrym_begn", "费款所属期起", "text"), ("accrym_end", "费款所属期止", "text")
_TICKET = ("elec_taxrpt_no", "电子税票号码", "text")
_BILL = ("clct_bill_id", "核定单号", "text")

COLUMNS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "units": (
        _EMP_NO,
        _EMP_NAME,
        _USCC,
        _ADMDVS,
        ("emp_mgt_type", "单位管理类型", "text"),
        ("quts_type", "编制类型", "text"),
        ("emp_insu_stas", "单位参保状态", "text"),
    ),
    "persons": (
        _PSN_NO,
        _PSN_NAME,
        _CERTNO,
        _EMP_NO,
        _ADMDVS,
        _PSN_TYPE,
        ("hi_type", "医保类型", "text"),
        ("psn_insu_stas", "参保状态", "text"),
    ),
    "wage_declarations": (
        ("year", "年度", "text"),
        _EMP_NO,
        _PSN_NO,
        ("dcla_date", "申报日期", "date"),
        ("wag", "申报工资", "amount"),
    ),
    "personnel_changes": (
        ("chg_sn", "变更流水号", "text"),
        _EMP_NO,
        _PSN_NO,
        _PSN_NAME,
        _CERTNO,
        _PSN_TYPE,
        ("psn_chg_type", "人员变更类型", "text"),
        ("rcvd_date", "受理日期", "date"),
        ("wag", "月工资", "amount"),
        _ADMDVS,
    ),
    "average_wages": (
        ("admdvs", "医保区划", "text"),
        ("stat_year", "统计年度", "text"),
        ("yearly_amt", "年平均工资", "amount"),
        ("monthly_amt", "月平均工资", "amount"),
        ("lower_amt", "缴费基数下限", "amount"),
        ("upper_amt", "缴费基数上限", "amount"),
        ("publ_date", "公布日期", "date"),
        ("source_doc", "依据文号", "text"),
    ),
    "deferrals": (
        ("defer_agre_no", "协议编号", "text"),
        _EMP_NO,
        _INSUTYPE,
        ("defer_part", "缓缴部分", "text"),
        ("accrym_begn", "费款所属期起", "text"),
        ("accrym_end", "费款所属期止", "text"),
        ("dedln_date", "缓缴到期日", "date"),
        ("sign_date", "签订日期", "date"),
        ("agre_stas", "协议状态", "text"),
    ),
    "tax_arrivals": (
        _TICKET,
        ("line_no", "明细序号", "int"),
        ("taxpayer_no", "社会信用代码（纳税人识别号）", "text"),
        ("taxpayer_name", "纳税人名称", "text"),
        _BILL,
        ("levy_subitem_name", "征收品目", "text"),
        _BEGN,
        _END,
        ("paid_amt", "实缴金额", "amount"),
        ("latefee", "滞纳金", "amount"),
        ("levy_attr", "税款属性", "text"),
        ("intsury_time", "入库日期", "date"),
        ("treasury_code", "收款国库", "text"),
        ("org_taxrpt_no", "原税票号", "text"),
    ),
    "treasury_statement": (
        ("treasury_code", "国库代码", "text"),
        ("stmt_date", "报表日期", "date"),
        _INSUTYPE,
        _TICKET,
        ("intsury_amt", "入库金额", "amount"),
        ("refd_amt", "退库金额", "amount"),
    ),
    "opening_bills": (
        _EMP_NO,
        _INSUTYPE,
        _ACCRYM,
        ("emp_clct_amt", "单位应缴", "amount"),
        ("psn_clct_amt", "个人应缴", "amount"),
    ),
    "opening_dues": (
        _BILL,
        ("part", "缴费部分", "text"),
        _EMP_NO,
        _INSUTYPE,
        _ACCRYM,
        ("amt", "未缴金额", "amount"),
        ("dedln_date", "缴款期限", "date"),
    ),
    "opening_credits": (_EMP_NO, _INSUTYPE, ("credit_amt", "多缴金额", "amount")),
    "opening_supplements": (_PSN_NO, ("year", "年度", "text"), ("amt", "已收大额", "amount")),
    "credit_decisions": (
        ("decision_sn", "处理决定编号", "text"),
        _EMP_NO,
        _INSUTYPE,
        ("action", "处理方式", "text"),
        ("amt", "处理金额", "amount"),
        ("memo", "备注", "text"),
    ),
    **PROVIDER_COLUMNS,
}
"""Columns of each contract, in the order they are written."""

TITLES: dict[str, str] = {
    "units": "参保单位",
    "persons": "参保人员",
    "wage_declarations": "缴费工资申报",
    "personnel_changes": "人员增减",
    "average_wages": "全口径平均工资",
    "deferrals": "缓缴协议",
    "tax_arrivals": "税务到账明细",
    "treasury_statement": "国库对账单",
    "opening_bills": "期初核定",
    "opening_dues": "期初欠费",
    "opening_credits": "期初多缴",
    "opening_supplements": "期初大额",
    "credit_decisions": "多缴处理",
    **PROVIDER_TITLES,
}


def schema(contract: str) -> dict[str, pl.DataType]:
    """Types of a sample's frame of that contract (amounts in fen)."""
    return {name: DTYPES[kind] for name, _, kind in COLUMNS[contract]}


def empty(contract: str) -> pl.DataFrame:
    """No rows, right shape."""
    return pl.DataFrame(schema=schema(contract))


def headers(contract: str) -> dict[str, str]:
    """id → 中文 header."""
    return {name: zh for name, zh, _ in COLUMNS[contract]}


def as_text(frame: pl.DataFrame, contract: str) -> pl.DataFrame:
    """All cells as a sender writes them: amounts in yuan with two decimals, dates as 2026-11-05, empty as ""."""
    shown = []
    for name, _, kind in COLUMNS[contract]:
        column = pl.col(name)
        if kind == "amount":
            column = yuan_text(column)
        elif kind == "date":
            column = column.dt.to_string("%Y-%m-%d")
        elif kind == "time":
            column = column.dt.to_string("%Y-%m-%d %H:%M:%S")
        shown.append(column.cast(pl.String).fill_null("").alias(name))
    return frame.select(shown)


def yuan_text(fen: pl.Expr) -> pl.Expr:
    """分 → "1234.50"."""
    size = fen.abs()
    sign = pl.when(fen < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    cents = (size % 100).cast(pl.String).str.zfill(2)
    return sign + (size // 100).cast(pl.String) + pl.lit(".") + cents
