"""宁夏医疗救助业务经办管理规程（试行）, 宁医保发〔2023〕102号: rules as functions.

Amounts are Int64 fen, rates parts per million; the numbers themselves stand in the toml file beside this one. A tier's
running totals and what they leave of a cap are `kernel.accumulate`'s: `before` and `after` are totals of the year.
"""

from __future__ import annotations

import polars as pl

from nxmed.kernel.accumulate import above, within
from nxmed.kernel.money import half_up_wide
from nxmed.law.rule import rule

CHRONIC, INPATIENT = "14", "2"
EMERGENCY_TYPES = ("13", "24")
ASSISTED_TYPES = f"^(?:{CHRONIC}|{INPATIENT})"
EMERGENCY = f"^(?:{'|'.join(EMERGENCY_TYPES)})"
OTHER_TEMPORARY, TEMPORARY = "11", "10"
OTHER_PROVINCE = "4"


@rule("assisted_type", "NXJZ-13")
def art13_assisted_type(med_type: pl.Expr) -> pl.Expr:
    """第十三条：门诊慢特病及住院治疗费用给予救助。

    Whether a kind of treatment is assisted at all: outpatient chronic (14…) and inpatient (2…), nothing else.
    """
    return med_type.str.contains(ASSISTED_TYPES)


@rule("assistance_base", "NXJZ-13")
def art13_base(in_scope: pl.Expr, insured: pl.Expr) -> pl.Expr:
    """第十三条：政策范围内费用扣除基本医疗保险、补充医疗保险支出后的个人自付（含起付线），不小于 0。

    What assistance is computed on: in-scope fees less what basic and supplementary insurance paid, not below 0; the
    deductible is inside. 单位：分；不涉及舍入。
    """
    left = in_scope - insured
    return pl.when(left > 0).then(left).otherwise(pl.lit(0, pl.Int64))


@rule("identity_covers", "NXJZ-12")
def art12_identity_covers(
    med_type: pl.Expr, begndate: pl.Expr, enddate: pl.Expr, begntime: pl.Expr, endtime: pl.Expr
) -> pl.Expr:
    """第十二条：待遇自身份开始日至结束日；住院期间取得有效身份的，本次住院可享受。

    A stay is covered when its days (both included) meet the identity's; a chronic item when its first day lies in
    them. An identity without an end has none.
    """
    until = pl.when(med_type.str.starts_with(INPATIENT)).then(enddate).otherwise(begndate)
    return (begntime <= until) & (endtime.is_null() | (begndate <= endtime))


@rule("referred", "NXJZ-13")
def art13_referred(
    med_type: pl.Expr, out_fil_type: pl.Expr, pay_loc: pl.Expr, emer_flag: pl.Expr, ten_counts: pl.Expr
) -> pl.Expr:
    """第十三条：未按规定转诊的不予救助；急诊视同已备案；“其他跨省临时外出就医”属未按规定转诊。

    Not referred: out_fil_type 11 wherever it was paid, 10 likewise unless policy.toml counts it (`ten_counts`), or no
    type at all in another province (pay_loc 4). Emergencies (emer_flag 1, med_type 13 or 24) count as referred.
    """
    filed = out_fil_type.fill_null("")
    emergency = (emer_flag == "1").fill_null(False) | med_type.str.contains(EMERGENCY).fill_null(False)
    against = (filed == OTHER_TEMPORARY) | ((filed == TEMPORARY) & ~ten_counts) | (
        (filed == "") & (pay_loc == OTHER_PROVINCE).fill_null(False))
    return emergency | ~against


@rule("assistance_share_1", "NXJZ-14.1")
def art14_1_share(base: pl.Expr, rate_1: int) -> pl.Expr:
    """第十四条（一）：特困人员、孤儿，按比例救助，不设起付标准。

    Share of one item before the yearly cap: base × rate. 单位：分；比率为百万分率；每件四舍五入到分一次。
    """
    return half_up_wide(base, rate_1)


@rule("assistance_ordinary_1", "NXJZ-14.1")
def art14_1_ordinary(before: pl.Expr, after: pl.Expr, cap_1: int) -> pl.Expr:
    """第十四条（一）：年度救助限额，门诊慢特病与住院共用。

    The part of a share that the yearly cap leaves; `before` and `after` are the year's shares without and with it.
    """
    return within(before, after, cap_1)


@rule("assistance_tilt_share_1", "NXJZ-14.1")
def art14_1_tilt_share(before: pl.Expr, after: pl.Expr, tilt_threshold_1: int, tilt_rate_1: int) -> pl.Expr:
    """第十四条（一）：规范转诊的，年度累计剩余自付超过起点的部分按比例倾斜救助。

    Tilt of one item before its cap: rate × what it adds above the threshold; `before` and `after` are the year's
    remains (base less ordinary assistance) without and with it. 每件四舍五入到分一次。
    """
    return half_up_wide(above(before, after, tilt_threshold_1), tilt_rate_1)


@rule("assistance_tilt_1", "NXJZ-14.1")
def art14_1_tilt(before: pl.Expr, after: pl.Expr, tilt_cap_1: int) -> pl.Expr:
    """第十四条（一）：年度倾斜救助限额。

    The part of an item's tilt that the yearly cap leaves.
    """
    return within(before, after, tilt_cap_1)


@rule("assistance_share_2", "NXJZ-14.2")
def art14_2_share(base: pl.Expr, rate_2: int) -> pl.Expr:
    """第十四条（二）：最低生活保障对象、高龄低收入老年人、纳入监测范围的农村易返贫致贫人口，按比例救助，不设起付标准。

    Share of one item before the yearly cap: base × rate. 单位：分；比率为百万分率；每件四舍五入到分一次。
    """
    return half_up_wide(base, rate_2)


@rule("assistance_ordinary_2", "NXJZ-14.2")
def art14_2_ordinary(before: pl.Expr, after: pl.Expr, cap_2: int) -> pl.Expr:
    """第十四条（二）：年度救助限额，门诊慢特病与住院共用。

    The part of a share that the yearly cap leaves; `before` and `after` are the year's shares without and with it.
    """
    return within(before, after, cap_2)


@rule("assistance_tilt_share_2", "NXJZ-14.2")
def art14_2_tilt_share(before: pl.Expr, after: pl.Expr, tilt_threshold_2: int, tilt_rate_2: int) -> pl.Expr:
    """第十四条（二）：规范转诊的，年度累计剩余自付超过起点的部分按比例倾斜救助。

    Tilt of one item before its cap: rate × what it adds above the threshold; `before` and `after` are the year's
    remains (base less ordinary assistance) without and with it. 每件四舍五入到分一次。
    """
    return half_up_wide(above(before, after, tilt_threshold_2), tilt_rate_2)


@rule("assistance_tilt_2", "NXJZ-14.2")
def art14_2_tilt(before: pl.Expr, after: pl.Expr, tilt_cap_2: int) -> pl.Expr:
    """第十四条（二）：年度倾斜救助限额。

    The part of an item's tilt that the yearly cap leaves.
    """
    return within(before, after, tilt_cap_2)


@rule("assistance_share_3", "NXJZ-14.3")
def art14_3_share(before: pl.Expr, after: pl.Expr, threshold_3: int, rate_3: int) -> pl.Expr:
    """第十四条（三）：低保边缘家庭成员，年度累计自付超过起点的部分按比例救助。

    Share of one item before the yearly cap: rate × what it adds above the threshold; `before` and `after` are the
    year's bases without and with it. 单位：分；每件四舍五入到分一次。
    """
    return half_up_wide(above(before, after, threshold_3), rate_3)


@rule("assistance_ordinary_3", "NXJZ-14.3")
def art14_3_ordinary(before: pl.Expr, after: pl.Expr, cap_3: int) -> pl.Expr:
    """第十四条（三）：年度救助限额。

    The part of a share that the yearly cap leaves.
    """
    return within(before, after, cap_3)


@rule("assistance_share_4", "NXJZ-14.4")
def art14_4_share(before: pl.Expr, after: pl.Expr, threshold_4: int, rate_4: int) -> pl.Expr:
    """第十四条（四）：因病返贫致贫救助对象，年度累计自付超过起点的部分按比例救助。

    Share of one item before the yearly cap: rate × what it adds above the threshold; `before` and `after` are the
    year's bases without and with it. 单位：分；每件四舍五入到分一次。
    """
    return half_up_wide(above(before, after, threshold_4), rate_4)


@rule("assistance_ordinary_4", "NXJZ-14.4")
def art14_4_ordinary(before: pl.Expr, after: pl.Expr, cap_4: int) -> pl.Expr:
    """第十四条（四）：年度救助限额。

    The part of a share that the yearly cap leaves.
    """
    return within(before, after, cap_4)


@rule("assistance_share_5", "NXJZ-14.5")
def art14_5_share(before: pl.Expr, after: pl.Expr, threshold_5: int, rate_5: int) -> pl.Expr:
    """第十四条（五）：因病致贫重病患者，年度累计自付超过起点的部分按比例救助。

    Share of one item before the yearly cap: rate × what it adds above the threshold; `before` and `after` are the
    year's bases without and with it. 单位：分；每件四舍五入到分一次。
    """
    return half_up_wide(above(before, after, threshold_5), rate_5)


@rule("assistance_ordinary_5", "NXJZ-14.5")
def art14_5_ordinary(before: pl.Expr, after: pl.Expr, cap_5: int) -> pl.Expr:
    """第十四条（五）：年度救助限额。

    The part of a share that the yearly cap leaves.
    """
    return within(before, after, cap_5)


@rule("assistance_payer", "NXJZ-17", "NXJZ-18")
def art17_payer(insu_admdvs: pl.Expr, hukou_admdvs: pl.Expr, region: str) -> pl.Expr:
    """第十七条、第十八条：由参保地救助；在区外参保的宁夏户籍对象由户籍地救助。

    Division that pays: the place of insurance where it lies in the region (`region`: its first two digits), else the
    place of household registration, which must lie there; else none.
    """
    own = insu_admdvs.str.starts_with(region).fill_null(False)
    home = hukou_admdvs.str.starts_with(region).fill_null(False)
    return pl.when(own).then(insu_admdvs).when(home).then(hukou_admdvs)


@rule("poverty_watch", "NXJZ-36.2")
def art36_watch(base_of_year: pl.Expr, watch_amount: int) -> pl.Expr:
    """第三十六条（二）：已脱贫人口年度门诊慢特病和住院费用，扣除基本医保、大病保险后剩余合规费用超过 20000 元。

    Whether a lifted-out-of-poverty person is to be watched: the year's bases exceed the amount (the amount itself
    does not).
    """
    return base_of_year > watch_amount
