"""救助身份与转诊的场景 (days an identity covers, categories without a standard, referral, early warning; NXJZ-10 to 14, 36.2)."""

from __future__ import annotations

from nxmed.samples.assistance_book import FIRST, LAST, OUTSIDE, SMALL_HOSPITAL, ZERO, Book
from nxmed.samples.scene_assistance_tiers import CHRONIC

FUND = "610100"


def identity_cases(b: Book) -> None:
    """All cases of identities and referral."""
    edges(b)
    ended_late(b)
    unknown_person(b)
    no_standard(b)
    referral(b)
    watched(b)
    wrong_digit(b)


def edges(b: Book) -> None:
    """身份 6 月 20 日至 8 月 10 日: what touches these days is covered."""
    p = b.person("19630404")
    b.identity(p, "2303", "2026-06-20", "2026-08-10")
    b.stay(p, "0619", "0619", "400.00", kind=CHRONIC)
    b.item(b.stay(p, "0601", "0620", "2000.00", "1600.00"), "due", "2", ("1600.00", ZERO), note="出院当日取得身份，本次住院可享受")
    b.item(b.stay(p, "0810", "0820", "1000.00", "800.00"), "due", "2", ("800.00", ZERO), note="入院当日身份结束，仍覆盖")
    b.stay(p, "0811", "0811", "200.00", kind=CHRONIC)


def ended_late(b: Book) -> None:
    """退出晚送: the register's newer row ends the identity in March; April was assisted on the old one."""
    p = b.person("19700117")
    b.identity(p, "2303", "2025-01-01")
    b.identity(p, "2303", "2025-01-01", "2026-03-31", pushed="2026-11-06", month=FIRST)
    b.item(b.stay(p, "0310", "0310", "500.00", "400.00", kind=CHRONIC), "due", "2", ("400.00", ZERO), note="退出之前")
    key = b.stay(p, "0420", "0428", "1500.00", "1200.00")
    b.item(key, "no_identity", "", paid=("1200.00", ZERO), note="退出之后仍一站式救助")
    b.finding("OVERPAID_ASSISTANCE", {"setl_id": key, "ref_no": f"{FUND}|"}, "身份已退出，须追回", expect={"diff_amt": "1200.00"})


def unknown_person(b: Book) -> None:
    """没有身份: paid one-stop all the same; another one only claims."""
    p = b.person("19860923")
    key = b.stay(p, "0305", "0310", "1000.00", "800.00", hospital=SMALL_HOSPITAL)
    b.item(key, "no_identity", "", paid=("800.00", ZERO), note="没有身份却有一站式支付")
    b.finding("OVERPAID_ASSISTANCE", {"setl_id": key, "ref_no": f"{FUND}|"}, "没有身份，须追回", expect={"diff_amt": "800.00"})
    q = b.person("19910301")
    b.item(b.claim(q, "1105", base="2600.00"), "no_identity", "", state="claimed", note="有申请，没有身份", by="clm_sn")


def no_standard(b: Book) -> None:
    """优抚与其他特殊困难: no standard is given; together with 低保 the tier counts."""
    p = b.person("19500801")
    b.identity(p, "2102", "2020-01-01", source="3")
    one = b.stay(p, "0707", "0715", "3000.00")
    q = b.person("19880808")
    b.identity(q, "2360", "2026-03-01", source="5")
    two = b.stay(q, "0820", "0820", "600.00", kind=CHRONIC)
    for key, note in ((one, "优抚对象"), (two, "其他特殊困难人员")):
        b.item(key, "no_standard", note=f"{note}，第十四条没有标准")
        b.finding("NO_STANDARD", {"setl_id": key}, f"{note}，不能当作零")
    r = b.person("19510801")
    b.identity(r, "2103", "2020-01-01", source="3")
    b.identity(r, "2303", "2025-01-01")
    b.item(b.stay(r, "0909", "0912", "500.00", "400.00"), "due", "2", ("400.00", ZERO), note="优抚兼低保，按低保")


def referral(b: Book) -> None:
    """特困的外出就医: only what is referred, filed for long or an emergency counts."""
    p = b.person("19470105")
    b.identity(p, "2304", "2024-01-01")
    for begins, base, filed, place, note in (
        ("0108", "1000.00", "11", "2", "其他跨省临时外出，不论支付地点"), ("0208", "1000.00", "10", "4", "跨省临时外出"),
        ("0308", "1000.00", "", "4", "跨省未备案"),
    ):
        key = b.stay(p, begins, f"{begins[:2]}12", base, filed=filed, place=place, hospital=OUTSIDE)
        b.item(key, "not_referred", "1", note=note)
    for begins, base, filed, place, kind, emergency, note in (
        ("0408", "1100.00", "", "4", "21", "1", "急诊标志视同转诊"), ("0508", "1200.00", "", "4", "24", "0", "急诊转住院视同转诊"),
        ("0608", "1300.00", "06", "4", "21", "0", "异地转诊"), ("0708", "1400.00", "07", "4", "21", "0", "异地长期居住"),
        ("0808", "1500.00", "", "3", "21", "0", "省内异地不需备案"),
    ):
        key = b.stay(p, begins, f"{begins[:2]}12", base, base, filed=filed, place=place, kind=kind, emergency=emergency,
                     hospital=OUTSIDE)
        b.item(key, "due", "1", (base, ZERO), note=note)
    key = b.stay(p, "0908", "0912", "900.00", "500.00", filed="11", place="4", hospital=OUTSIDE)
    b.item(key, "not_referred", "1", paid=("500.00", ZERO), note="未规范转诊却有一站式支付")
    b.finding("OVERPAID_ASSISTANCE", {"setl_id": key, "ref_no": f"{FUND}|"}, "未规范转诊，须追回", expect={"diff_amt": "500.00"})


def watched(b: Book) -> None:
    """已脱贫人口: 21500 is above 20000; 20000 is not, 0.01 more in December is; 30000 with an identity of its own."""
    p, q, r = b.person("19720306", insured="640422"), b.person("19720606"), b.person("19720906")
    for who in (p, q, r):
        b.identity(who, "2302", "2021-01-01", source="2")
    b.stay(p, "0303", "0320", "15000.00")
    b.stay(p, "0905", "0915", "6500.00")
    b.stay(q, "0402", "0420", "20000.00")
    b.stay(q, "1205", "1205", "0.01", kind=CHRONIC)
    b.identity(r, "236004", "2026-05-01", source="2")
    b.item(b.stay(r, "0510", "0530", "30000.00", "17500.00"), "due", "4", ("17500.00", ZERO), note="(30000 − 5000) × 70 %")
    for month, who, base, over, held, note in (
        (FIRST, p, "21500.00", "1500.00", "false", "15000 + 6500 超过 20000"), (LAST, p, "21500.00", "1500.00", "false", "同上月"),
        (LAST, q, "20000.01", "0.01", "false", "20000 整不列入，12 月多 0.01"),
        (FIRST, r, "30000.00", "10000.00", "true", "已认定因病返贫"), (LAST, r, "30000.00", "10000.00", "true", "同上月"),
    ):
        b.plant(month, "assistance_watch", "", {"psn_no": who.psn_no}, note, {"base_amt": base, "over_amt": over, "identified": held})


def wrong_digit(b: Book) -> None:
    """证件号码校验位不符: told, and assisted all the same."""
    p = b.person("19680425", wrong_digit=True)
    b.identity(p, "2304", "2025-01-01")
    b.item(b.stay(p, "1107", "1111", "260.00", "260.00"), "due", "1", ("260.00", ZERO), note="校验位不符，照常救助")
    for command, file in (("assist", "2026-11/settlements_救助_202611.csv"), ("assist", "2026-01/救助对象身份_1月.txt"),
                          ("settle", "2026-11/settlements_救助_202611.csv")):
        b.finding("BAD_CERTNO", {"psn_no": p.psn_no, "src_file": f"inbox/{file}"}, "校验位不符", command=command)
