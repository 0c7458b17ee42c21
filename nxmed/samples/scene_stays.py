"""住院与慢特病的场景 (cases of repricing: Dingxi's text gives all numbers; elsewhere the stays are ordinary rows)."""

from __future__ import annotations

from datetime import date
from typing import Any

from nxmed.kernel.money import fen_of, yuan
from nxmed.samples.scene_people import Person
from nxmed.samples.scene_providers import RECOGNISED, Provider, ProviderScene, Row

STAY: dict[str, Any] = {"med_type": "21", "clr_type": "21"}
CHRONIC: dict[str, Any] = {"med_type": "14"}
HOME, PROVINCE, OTHER = "2", "3", "4"


def stay_cases(s: ProviderScene, main: Provider, second: Provider, village: Provider) -> None:
    """All cases of stays and chronic care."""
    large_fees(s, main)
    over_the_year_end(s, main)
    if s.region.supplement:
        at_home(s, main, second, village)
        away(s, main, second)
        yearly_limit(s, main)
        settled_wrongly(s, main, second)
        level_unknown(s)
        chronic(s, main)
        for k in (0, 1):
            s.finding(k, "REPRICE_SKIPPED", {"ref_no": "结算明细没有 tdrug_flag 列，谈判药补"}, "没有谈判药标志列")
    else:
        for k in (0, 1):
            s.finding(k, "REPRICE_SKIPPED", {}, "文件和 policy.toml 都没有住院标准")


def _stay(
    s: ProviderScene, k: int, p: Provider, scope: str, fund: str, supp: str, note: str, *, own: str = "0",
    person: Person | None = None, day: date | None = None, begins: date | None = None, right: tuple[str, str] | None = None,
    run: tuple[str, str] | None = None, state: str = "computed", kind: dict[str, Any] | None = None, plant: bool = True,
    **over: Any,
) -> Row:
    """A stay (or chronic visit) as settled: `fund` and `supp` paid, `own` outside the scope; `right`: what the text gives
    where that is something else; `run`: the pooled total of the year before and after."""
    whole = fen_of(scope) + fen_of(own)
    cash = whole - fen_of(fund) - fen_of(supp)
    row = s.visit(
        k, p, fund, "0", yuan(cash), person=person, day=day, begins=begins, hifob_pay=supp,
        fund_pay_sumamt=yuan(fen_of(fund) + fen_of(supp)), medfee_sumamt=yuan(whole), inscp_scp_amt=scope,
        fulamt_ownpay_amt=own, **(kind or STAY), **over,
    )
    s.lists(k, p, row)
    s.become(k, p, row, "00", RECOGNISED, note if plant else "")
    if not s.region.supplement:
        return row
    pooled, supplement = right or (fund, supp)
    off = fen_of(fund) - fen_of(pooled), fen_of(supp) - fen_of(supplement)
    expect = {
        "fund_amt": yuan(fen_of(pooled)),
        "diff_amt": yuan(off[0]),
        "supp_amt": yuan(fen_of(supplement)),
        "supp_diff_amt": yuan(off[1]),
    }
    if run:
        expect |= {"run_before": run[0], "run_after": run[1]}
    key = {"fixmedins_code": p.code, "setl_id": row["setl_id"], "refd_setl_flag": "0"}
    s.plant(k, "repricing", state, key, note, expect)
    finding = {"fixmedins_code": p.code, "setl_id": row["setl_id"]}
    if state != "computed":
        s.finding(k, "REPRICE_SKIPPED", finding, note)
    elif off != (0, 0):
        s.finding(k, "REPRICE_DIFF", finding, note, {"diff_amt": yuan(sum(off))})
    return row


def large_fees(s: ProviderScene, p: Provider) -> None:
    """大额会审: 200,000.00 is listed, one fen less is not. (60000 − 600) × 93 % = 55,242; own 4,758: (4758 − 1000) × 95 %."""
    for own in ("140000.00", "139999.99"):
        row = _stay(s, 0, p, "60000.00", "55242.00", "3570.10", f"医疗费 {yuan(6_000_000 + fen_of(own))}", own=own)
        if own == "140000.00":
            key = {"fixmedins_code": p.code, "setl_id": row["setl_id"]}
            s.finding(0, "LARGE_FEE", key, "达到 20 万元会审起点", {"actual": "200000.00"})


def over_the_year_end(s: ProviderScene, p: Provider) -> None:
    """跨年住院 settled late. Dingxi counts by discharge: in at the end of 2025, out in 2026 is 2026's limit.

    (50000 − 600) × 93 % = 45,942; own 4,058: 3,058 × 95 % = 2,905.10. Then (40000 − 600) × 93 % = 36,642, of which
    70,000 − 45,942 = 24,058 are left; own 15,942: 14,942 × 95 % = 14,194.90.
    """
    who = s.patient()
    _stay(
        s, 0, p, "50000.00", "45942.00", "2905.10", "2025-12-20 入院，2026-01-06 出院，计入 2026 年", person=who,
        begins=date(2025, 12, 20), day=date(2026, 1, 6), run=("0.00", "45942.00"),
    )
    _stay(
        s, 0, p, "40000.00", "24058.00", "14194.90", "同一人再住院，限额只剩 24058", person=who, day=date(2026, 11, 18),
        run=("45942.00", "70000.00"),
    )


def at_home(s: ProviderScene, main: Provider, second: Provider, village: Provider) -> None:
    """本地住院 at levels 3, 2, 1, and below the deductible."""
    _stay(s, 0, main, "30000.00", "27342.00", "1575.10", "三级：(30000 − 600) × 93 %，补助 (2658 − 1000) × 95 %")
    _stay(s, 0, second, "8000.00", "7220.00", "0", "二级：(8000 − 400) × 95 %，自付 780 不到起付")
    _stay(s, 0, village, "1234.56", "1013.87", "0", "一级：(1234.56 − 200) × 98 % = 1013.8688")
    _stay(s, 0, main, "600.00", "0", "0", "三级：正好起付线")
    _stay(s, 0, main, "1600.01", "930.01", "0", "三级：1000.01 × 93 % = 930.0093")


def away(s: ProviderScene, main: Provider, second: Provider) -> None:
    """异地就医: filed long-term as at home; referred and emergency −5; self-chosen −10 in the province, −20 beyond."""
    twenty = "20000.00"
    _stay(s, 0, main, twenty, "18042.00", "910.10", "长期备案 07 视同本地：(20000 − 600) × 93 %", pay_loc=OTHER, out_fil_type="07")
    _stay(s, 0, main, twenty, "16896.00", "1998.80", "转诊 06：(20000 − 800) × 88 %", pay_loc=OTHER, out_fil_type="06")
    _stay(s, 0, main, twenty, "16896.00", "1998.80", "急诊：(20000 − 800) × 88 %", pay_loc=OTHER, emer_flag="1")
    _stay(s, 0, main, twenty, "15936.00", "2910.80", "省内自行：(20000 − 800) × 83 %", pay_loc=PROVINCE)
    _stay(s, 0, main, twenty, "14016.00", "4734.80", "跨省自行 10：(20000 − 800) × 73 %", pay_loc=OTHER, out_fil_type="10")
    _stay(s, 0, second, "10000.00", "8075.00", "878.75", "二级省内自行 11：(10000 − 500) × 85 %", pay_loc=PROVINCE, out_fil_type="11")


def yearly_limit(s: ProviderScene, p: Provider) -> None:
    """年度限额 70,000: reached in November, nothing left in December; a stay of 2025 has a limit of its own."""
    who = s.patient(1)
    _stay(
        s, 0, p, "100000.00", "70000.00", "27550.00", "92442 封顶 70000，补助 (30000 − 1000) × 95 %", person=who,
        day=date(2026, 11, 6), run=("0.00", "70000.00"),
    )
    _stay(
        s, 1, p, "5000.00", "0", "3800.00", "限额用完，统筹 0，补助 (5000 − 1000) × 95 %", person=who,
        day=date(2026, 12, 9), run=("70000.00", "70000.00"),
    )
    _stay(
        s, 1, p, "10000.00", "8742.00", "245.10", "2025-12-28 出院，用 2025 年限额：9400 × 93 %，补助 258 × 95 %", person=who,
        begins=date(2025, 12, 10), day=date(2025, 12, 28), run=("0.00", "8742.00"),
    )


def settled_wrongly(s: ProviderScene, main: Provider, second: Provider) -> None:
    """待遇算错的: the deductible of level 2 at a level-3 hospital; the home rate for a self-chosen stay.

    (30000 − 400) × 93 % = 27,528, own 2,472, supplement 1,472 × 95 % = 1,398.40; right is 27,342 and 1,575.10.
    (10000 − 400) × 95 % = 9,120, own 880, no supplement; right is (10000 − 500) × 75 % = 7,125, own 2,875: 1,781.25.
    """
    _stay(s, 0, main, "30000.00", "27528.00", "1398.40", "错用二级起付线", right=("27342.00", "1575.10"))
    _stay(s, 1, second, "10000.00", "9120.00", "0", "跨省自行就医按本地比例付了", right=("7125.00", "1781.25"), pay_loc=OTHER)


def level_unknown(s: ProviderScene) -> None:
    """等级不明: the register's level is not in the table; the share as settled is kept in the running total."""
    p = s.provider(21, "民营医院", "11", deductible_level="12", county=3, deposit="0.05")
    _stay(s, 0, p, "3000.00", "2500.00", "0", "起付线等级 12 不在表内", state="level_unknown")
    for k in (0, 1):
        s.finding(k, "UNKNOWN_CODE", {"fixmedins_code": p.code}, "起付线等级代码 12 不在代码表内", {"actual": "12"})


def chronic(s: ProviderScene, p: Provider) -> None:
    """门诊慢特病: one, two, four diseases, none, one that the table does not know, and the limit reached over two months."""
    _patient(s, p, (("27", "高血压病"),), (("1000.00", "700.00", "0"),), "一种：70 %")
    _patient(s, p, (("18", "糖尿病"), ("27", "高血压病")), (("9000.00", "5300.00", "1017.14"),),
             "两种：限额 5000 + 300；到限额为止自付 2271.43，补助 1271.43 × 80 %")
    _patient(s, p, (("3", "恶性肿瘤"), ("18", "糖尿病"), ("27", "高血压病"), ("28", "支气管哮喘")),
             (("50000.00", "30600.00", "9691.43"),), "四种按三种：限额 30000 + 600；到限额为止自付 13114.29，补助 12114.29 × 80 %")
    _patient(s, p, (("27", "高血压病"),), (("3000.00", "2100.00", "0"), ("3000.00", "900.00", "228.57")),
             "两个月：12 月只剩 900；自付 900 + 385.71，补助 285.71 × 80 %")
    _stay(s, 0, p, "500.00", "350.00", "0", "没有认定，不应支付", right=("0", "0"), kind=CHRONIC)
    who = s.patient()
    s.add(0, "chronic_registrations", psn_no=who.psn_no, dise_no="M99", dise_name="表外病种", begndate=date(2026, 1, 1))
    _stay(s, 0, p, "400.00", "280.00", "0", "认定的病种不在第三十一条表内", right=("0", "0"), state="disease_unknown",
          person=who, kind=CHRONIC)


def _patient(
    s: ProviderScene, p: Provider, diseases: tuple[tuple[str, str], ...], visits: tuple[tuple[str, str, str], ...], note: str
) -> None:
    who = s.patient(psn_type="1201")
    for number, name in diseases:
        s.add(0, "chronic_registrations", psn_no=who.psn_no, dise_no=number, dise_name=name, begndate=date(2026, 1, 1))
    for k, (scope, fund, supp) in enumerate(visits):
        _stay(s, k, p, scope, fund, supp, note, person=who, kind=CHRONIC)
