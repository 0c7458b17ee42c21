"""救助样例的文件 (the year of assistance as files of the inbox, and the statements of its hospitals)."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from nxmed.io.resources import contracts
from nxmed.samples import files, planted
from nxmed.samples.assistance_book import (
    BANKS,
    BIG_HOSPITAL,
    CITY,
    COUNTY_HOSPITAL,
    FIRST,
    LAST,
    MONTHS,
    OUTSIDE,
    SMALL_HOSPITAL,
    YEAR,
    Book,
    card_of,
    fen,
    yuan,
)
from nxmed.samples.regions import region
from nxmed.samples.scene_assistance_claims import claim_cases
from nxmed.samples.scene_assistance_identity import identity_cases
from nxmed.samples.scene_assistance_tiers import tier_cases

HOSPITALS = (
    (BIG_HOSPITAL, "银川市样例第一医院", "02", CITY, "0.05"), (SMALL_HOSPITAL, "兴庆区样例康复医院", "06", CITY, "0.05"),
    (COUNTY_HOSPITAL, "西吉县样例人民医院", "05", "640422", "0.03"), (OUTSIDE, "省外样例医院（异地平台）", "02", CITY, "0"),
)
"""Code, name, level, place, deposit."""
PAYERS = (
    (CITY, "银川市兴庆区样例医保中心"), ("640105", "银川市西夏区样例医保中心"), ("640106", "银川市金凤区样例医保中心"),
    ("640121", "永宁县样例医保中心"), ("640422", "西吉县样例医保中心"),
)
FUNDS = ("610100", "610102", "310100", "310200", "320100", "330100", "350100", "370100", "390100", "390200", "999997")
"""Funds that an agency pays from; each has an account of its own."""
SORT = {
    "settlements": ("setl_time", "setl_id", "refd_setl_flag"), "assistance_identities": ("certno", "mat_idet_code", "begntime"),
    "assistance_claims": ("clm_sn",), "opening_assistance": ("certno",), "bank_accounts": ("ptcp_type", "ptcp_code", "begndate"),
    "providers": ("fixmedins_code",), "provider_totals": ("fixmedins_code", "clr_optins", "insutype", "clr_type"),
    "provider_details": ("fixmedins_code", "setl_id", "refd_setl_flag"),
}
STATED = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")


def made_book() -> Book:
    """登记簿 with every case, its hospitals and its accounts."""
    book = Book()
    tier_cases(book)
    identity_cases(book)
    claim_cases(book)
    _hospitals(book)
    for month in MONTHS:
        _statements(book, month)
    _accounts(book)
    book.finding("FIRST_MONTH", {}, "首个救助月份", (FIRST,))
    _cleared(book)
    return book


def _hospitals(b: Book) -> None:
    """In every month's register: the newest month's files stand for all."""
    for month in MONTHS:
        for code, name, level, place, deposit in HOSPITALS:
            b.add(month, "providers", fixmedins_code=code, fixmedins_name=name, fixmedins_type="1", hosp_lv=level,
                  dedc_hosp_lv=level, fix_blng_admdvs=place, efft_time="2025-01-01", invd_time="2027-12-31", cntr_stas="1",
                  clr_way="1", dpst_rat=deposit)


def _statements(b: Book, month: int) -> None:
    """The hospitals' details and statements of a month: the same as the agency has."""
    groups: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row in b.rows[month, "settlements"]:
        b.add(month, "provider_details", mdtrt_id=f"JZ{row['setl_id'][4:]}", **{
            n: row[n] for n in ("setl_id", "refd_setl_flag", "fixmedins_code", "psn_no", "insutype", "clr_type", *STATED)})
        groups.setdefault(tuple(row[n] for n in SORT["provider_totals"]), []).append(row)
    for key, rows in groups.items():
        sums = {n: yuan(sum(fen(r[n]) for r in rows)) for n in (*STATED, "psn_cash_pay")}
        count = sum(-1 if r["refd_setl_flag"] == "1" else 1 for r in rows)
        b.add(month, "provider_totals", **dict(zip(SORT["provider_totals"], key, strict=True)), **{n: sums[n] for n in STATED},
              cash_payamt=sums["psn_cash_pay"], fixmedins_setl_cnt=str(count))


def _cleared(b: Book) -> None:
    """一站式救助清算 (fund 610100 of the two months: Σ of maf_pay, less the deposit)."""
    for month, code, recognised, deposit, paid, note in (
        # 7000 + 24000 + 21100 + 159999.99 + 600 + 3200 + 260 + 1000 + 3000 + 800 − 800 + 880; 5 % = 11051.9995
        (FIRST, BIG_HOSPITAL, "221039.99", "11052.00", "209987.99", "当月一站式救助，退费冲减"),
        (FIRST, COUNTY_HOSPITAL, "0.04", "0.00", "0.04", "0.04，预留 3 % 舍去"),
        (LAST, BIG_HOSPITAL, "2700.00", "135.00", "2565.00", "2000 + 700；所退的那笔没有一站式救助"),
        (LAST, COUNTY_HOSPITAL, "70.00", "2.10", "67.90", "预留 3 %"),
    ):
        b.plant(month, "payables", "", {"fixmedins_code": code, "fund_pay_type": "610100"}, note, {
            "recognised_amt": recognised, "dpst_amt": deposit, "act_dfr_amt": paid}, "settle")


def _accounts(b: Book) -> None:
    """账户 of the hospitals (those of the provider scene too) and of the agencies that pay (one per fund)."""
    from nxmed.samples.small_providers import provider_scene

    others = [(p.code, p.name) for p in provider_scene(region("ningxia")).providers]
    for month in MONTHS:
        for code, name in [*((h[0], h[1]) for h in HOSPITALS), *others]:
            _account(b, month, "5", code, name, "2024-01-01", code)
        for payer, name in PAYERS:
            for nth, fund in enumerate(FUNDS, start=1):
                _account(b, month, "6", payer, f"{name}支出户", f"2024-01-{nth:02d}", f"{payer}{fund}", fund=fund)


def _account(b: Book, month: int, kind: str, code: str, name: str, since: str, seed: str, fund: str = "") -> None:
    bank, title = BANKS[0]
    b.add(month, "bank_accounts", ptcp_type=kind, ptcp_code=code, used_type="2", begndate=since, bankacct=card_of(seed, "110601"),
          acctname=name, bankcode=bank, bank_name=title, acct_type="2", fin_actv_flag="", enddate="", fund_pay_type=fund,
          hif_acct_type="2" if fund else "")


def assistance_files() -> tuple[dict[str, bytes], pl.DataFrame]:
    """救助样例: files by path below data/samples/ningxia, and their rows of planted.csv."""
    book = made_book()
    made: dict[str, bytes] = {}
    for (month, contract), rows in sorted(book.rows.items()):
        made[_path(month, contract)] = _written(month, contract, rows)
    return made, planted.frame(book.plants)


def _path(month: int, contract: str) -> str:
    titles = {"opening_assistance": "期初救助.csv", "assistance_identities": f"救助对象身份_{month}月.txt",
              "assistance_claims": f"医疗救助费用_{month}月.csv", "bank_accounts": f"账户登记_{YEAR}{month:02d}.csv"}
    name = titles.get(contract, f"{contract}_救助_{YEAR}{month:02d}.csv")
    return f"inbox/{YEAR}-{month:02d}/{name}"


ALIASES = {"mat_idet_code": "身份类别", "begntime": "认定日期", "mat_data_souc": "推送部门"}


def _written(month: int, contract: str, rows: Sequence[dict[str, str]]) -> bytes:
    """Chinese headers and UTF-8; identities as TAB text, from November on with the other offices' own headers."""
    columns = [c for c in contracts()[contract].columns if not c.optional or any(r.get(c.id) for r in rows)]
    known = {c.id for c in contracts()[contract].columns}
    if extra := {n for r in rows for n in r} - known:
        raise ValueError(f"{contract} has no {sorted(extra)}")
    header = [ALIASES.get(c.id, c.zh) if month == LAST - 1 else c.zh for c in columns]
    defaults = {c.id: "0.00" if c.type == "amount" and not c.nullable else "" for c in columns}
    cells = sorted(([{**defaults, **r}[c.id] for c in columns] for r in rows), key=lambda line: [
        dict(zip([c.id for c in columns], line, strict=True))[n] for n in SORT[contract]])
    if contract == "assistance_identities":
        return files.delimited(header, cells, separator="\t", end="\r\n")
    return files.BOM + files.delimited(header, cells)
