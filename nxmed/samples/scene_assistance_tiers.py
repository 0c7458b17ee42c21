"""救助档次的场景 (every tier, caps and tilt, both kinds of tiers in one year; NXJZ-13, 14)."""

from __future__ import annotations

from nxmed.samples.assistance_book import BIG_HOSPITAL, COUNTY_HOSPITAL, LAST, SMALL_HOSPITAL, ZERO, Book

CHRONIC = "140104"
DECEMBER = (LAST,)


def tier_cases(b: Book) -> None:
    """All cases of tiers."""
    whole_base(b)
    ordinary_cap(b)
    spec_example(b)
    rounding(b)
    small_tilt(b)
    tilt_cap(b)
    two_identities(b)
    border_family(b)
    back_into_poverty(b)
    grave_illness(b)
    scheme_changed(b)
    employee(b)
    nothing_left(b)
    over_the_year_end(b)


def whole_base(b: Book) -> None:
    """特困，一档 100 %."""
    p = b.person("19480312")
    b.identity(p, "2304", "2024-03-01")
    one = b.stay(p, "0112", "0120", "12000.00", "12000.00")
    b.item(one, "due", "1", ("12000.00", ZERO), note="特困 100 %")
    two = b.stay(p, "0215", "0215", "350.50", "350.50", kind=CHRONIC, hospital=SMALL_HOSPITAL)
    b.item(two, "due", "1", ("350.50", ZERO), note="门诊慢特病与住院共用限额")
    three = b.stay(p, "1203", "1208", "2000.00", "2000.00")
    b.item(three, "due", "1", ("2000.00", ZERO), note="特困 100 %", months=DECEMBER)


def ordinary_cap(b: Book) -> None:
    """孤儿，救助到 5 万封顶，其后转倾斜: 30000 + 20000 = 50000; rest 5000 → (5000 − 3000) × 70 % = 1400; 10000 × 70 % = 7000."""
    p = b.person("20140601")
    b.identity(p, "236001", "2020-05-01")
    b.item(b.stay(p, "0303", "0315", "30000.00", "30000.00"), "due", "1", ("30000.00", ZERO), note="限额内")
    b.item(b.stay(p, "0601", "0618", "25000.00", "21400.00"), "due", "1", ("20000.00", "1400.00"), note="救助到 5 万封顶，剩余 5000 超过 3000 的部分倾斜 70 %")
    b.item(b.stay(p, "1102", "1110", "10000.00", "7000.00"), "due", "1", (ZERO, "7000.00"), note="封顶之后只有倾斜")


def spec_example(b: Book) -> None:
    """低保，二档 80 %: ordinary 8000, 32000, 10000 (cap); rest 2000, 8000, 20000; tilt 0, 7000 × 70 %, 20000 × 70 %; then rest 1000 × 70 %."""
    p = b.person("19711119")
    b.identity(p, "2303", "2023-01-01")
    b.item(b.stay(p, "0110", "0125", "10000.00", "8000.00"), "due", "2", ("8000.00", ZERO), note="剩余 2000 未超过 3000")
    b.item(b.stay(p, "0405", "0428", "40000.00", "36900.00"), "due", "2", ("32000.00", "4900.00"), note="剩余累计 10000，超过部分 7000 倾斜 70 %")
    b.item(b.stay(p, "1105", "1122", "30000.00", "24000.00"), "due", "2", ("10000.00", "14000.00"), note="救助到 5 万封顶")
    b.item(b.stay(p, "1204", "1209", "1000.00", "700.00"), "due", "2", (ZERO, "700.00"), note="封顶之后只有倾斜", months=DECEMBER)


def rounding(b: Book) -> None:
    """高龄低收入，四舍五入: 1234.57 × 80 % = 987.656; 33.33 × 80 % = 26.664."""
    p = b.person("19400909")
    b.identity(p, "236002", "2025-01-01", source="9")
    b.item(b.stay(p, "0222", "0302", "1234.57", "987.66", hospital=SMALL_HOSPITAL), "due", "2", ("987.66", ZERO), note="987.656 四舍五入")
    b.item(b.stay(p, "0506", "0506", "33.33", "26.66", kind=CHRONIC), "due", "2", ("26.66", ZERO), note="26.664 四舍五入")


def small_tilt(b: Book) -> None:
    """监测对象: rest 4000 → 1000 × 70 % = 700; 100.01 × 80 % = 80.008, rest 20.00 → 14.00."""
    p = b.person("19690215", insured="640422")
    b.identity(p, "236003", "2025-06-01", source="2")
    b.item(b.stay(p, "0502", "0520", "20000.00", "16700.00", hospital=COUNTY_HOSPITAL), "due", "2", ("16000.00", "700.00"), note="剩余 4000 超过 3000 的部分")
    two = b.stay(p, "0710", "0710", "100.01", "94.01", kind=CHRONIC, hospital=COUNTY_HOSPITAL)
    b.item(two, "due", "2", ("80.01", "14.00"), note="80.008 进位，剩余 20.00 全部倾斜 70 %")


def tilt_cap(b: Book) -> None:
    """倾斜到 11 万封顶: rest 50000 → 32900; 80000 → 56000; 60000 → 42000, of which 110000 − 88900 = 21100 are left."""
    p = b.person("19590720")
    b.identity(p, "2303", "2022-01-01")
    b.item(b.stay(p, "0105", "0220", "100000.00", "82900.00"), "due", "2", ("50000.00", "32900.00"), note="救助 80000 封顶 50000")
    b.item(b.stay(p, "0401", "0501", "80000.00", "56000.00"), "due", "2", (ZERO, "56000.00"), note="倾斜累计 88900")
    b.item(b.stay(p, "1101", "1120", "60000.00", "21100.00"), "due", "2", (ZERO, "21100.00"), note="倾斜 42000 只剩 21100")


def two_identities(b: Book) -> None:
    """既是特困又是低保: the better tier."""
    p = b.person("19520505")
    b.identity(p, "2304", "2024-01-01")
    b.identity(p, "2303", "2023-01-01")
    b.item(b.stay(p, "0611", "0619", "4000.00", "4000.00", hospital=SMALL_HOSPITAL), "due", "1", ("4000.00", ZERO), note="特困、低保并存取优")


def border_family(b: Book) -> None:
    """低保边缘，三档: 2500; 3700 → 700 × 70 % = 490; 0.05 × 70 % = 0.035; 100 × 70 %."""
    p = b.person("19831001", insured="640422")
    b.identity(p, "2305", "2025-09-01")
    b.item(b.stay(p, "0208", "0208", "2500.00", kind=CHRONIC, hospital=COUNTY_HOSPITAL), "nothing_due", "3", note="未超过 3000")
    b.item(b.stay(p, "0509", "0516", "1200.00", "490.00", hospital=COUNTY_HOSPITAL), "due", "3", ("490.00", ZERO), note="累计 3700，超过 700")
    b.item(b.stay(p, "1103", "1103", "0.05", "0.04", kind=CHRONIC, hospital=COUNTY_HOSPITAL), "due", "3", ("0.04", ZERO), note="0.035 进位")
    b.item(b.stay(p, "1207", "1207", "100.00", "70.00", kind=CHRONIC, hospital=COUNTY_HOSPITAL), "due", "3", ("70.00", ZERO), note="全部在起点以上", months=DECEMBER)


def back_into_poverty(b: Book) -> None:
    """因病返贫致贫，四档: exactly 5000; 0.01 × 70 % = 0.007; 240000 × 70 % = 168000, of which 160000 − 0.01 are left."""
    p = b.person("19660606")
    b.identity(p, "236004", "2026-01-01", source="2")
    b.item(b.stay(p, "0117", "0127", "5000.00"), "nothing_due", "4", note="正好 5000，没有超过")
    b.item(b.stay(p, "0301", "0301", "0.01", "0.01", kind=CHRONIC), "due", "4", ("0.01", ZERO), note="0.007 进位")
    b.item(b.stay(p, "1101", "1125", "240000.00", "159999.99"), "due", "4", ("159999.99", ZERO), note="168000 封顶，限额 16 万已用 0.01")


def grave_illness(b: Book) -> None:
    """因病致贫重病，五档: 6999.99; 7000.02 → 0.02 × 60 % = 0.012; 1000 × 60 %."""
    p = b.person("19770707")
    b.identity(p, "2306", "2026-01-15", source="9")
    b.item(b.stay(p, "0206", "0216", "6999.99"), "nothing_due", "5", note="差 0.01 到 7000")
    b.item(b.stay(p, "0412", "0412", "0.03", "0.01", kind=CHRONIC), "due", "5", ("0.01", ZERO), note="超过 0.02，0.012 舍去")
    b.item(b.stay(p, "1109", "1116", "1000.00", "600.00"), "due", "5", ("600.00", ZERO), note="60 %")


def scheme_changed(b: Book) -> None:
    """年中由低保边缘转为特困: (8000 − 3000) × 70 % = 3500; then 100 %, totals apart."""
    p = b.person("19551212")
    b.identity(p, "2305", "2025-01-01", "2026-06-30")
    b.identity(p, "2304", "2026-07-01")
    b.item(b.stay(p, "0402", "0415", "8000.00", "3500.00", hospital=SMALL_HOSPITAL), "due", "3", ("3500.00", ZERO), note="低保边缘期间")
    b.item(b.stay(p, "0910", "0918", "2000.00", "2000.00", hospital=SMALL_HOSPITAL), "due", "1", ("2000.00", ZERO), note="特困期间，累计另算")
    b.finding("SCHEME_CHANGED", {"ref_no": f"{p.psn_no}|2026"}, "年内兼有三档与一档")


def employee(b: Book) -> None:
    """职工医保，多项基金支付: E = 20000 − 12000 − 1500 − 2000 − 500 = 4000 → 80 % = 3200."""
    p = b.person("19790303")
    b.identity(p, "2303", "2026-02-01")
    key = b.stay(p, "1112", "1120", "4000.00", "3200.00", insutype="310", acct="300.00", scope="20000.00", funds={
        "hifp_pay": "12000.00", "cvlserv_pay": "1500.00", "hifob_pay": "2000.00", "hifes_pay": "500.00"})
    b.item(key, "due", "2", ("3200.00", ZERO), note="政策范围内 20000 减四项基金 16000")


def nothing_left(b: Book) -> None:
    """保险支付多于政策范围内: the base is not below 0."""
    p = b.person("19620202")
    b.identity(p, "2303", "2025-02-01")
    key = b.stay(p, "0718", "0722", "4000.00", scope="3000.00", funds={"hifp_pay": "2000.00", "hifmi_pay": "1200.00"})
    b.item(key, "nothing_due", "2", note="3000 − 3200，按 0")


def over_the_year_end(b: Book) -> None:
    """跨年住院: the year of admission (NXJY-37.1)."""
    p = b.person("19450815")
    b.identity(p, "2304", "2024-01-01")
    b.item(b.stay(p, "20251220", "0108", "1500.00", "1500.00", hospital=BIG_HOSPITAL), "due", "1", ("1500.00", ZERO), note="按入院年度 2025 计")
