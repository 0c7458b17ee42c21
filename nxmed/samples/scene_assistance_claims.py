"""救助支付的场景 (late identities, manual claims, refunds, opening amounts, accounts; NXJZ-15 to 19)."""

from __future__ import annotations

from nxmed.kernel.identifiers import mask
from nxmed.samples.assistance_book import FIRST, LAST, ZERO, Book

ORDINARY, TILT = "610100", "610102"
NOVEMBER, DECEMBER = (FIRST,), (LAST,)
PAPER = "样例民认〔2026〕8号"


def claim_cases(b: Book) -> None:
    """All cases of claims and payments."""
    late_with_paper(b)
    late_without_paper(b)
    late_without_claim(b)
    platform_paid_less(b)
    platform_paid_more(b)
    manual(b)
    insured_outside(b)
    useless_claims(b)
    claimed_by_another(b)
    ordinary_and_tilt(b)
    two_claims(b)
    opening(b)
    refunded_at_once(b)
    refunded_after_payment(b)


def late_with_paper(b: Book) -> None:
    """身份晚送，补报附证明: 6000 × 80 % = 4800, paid in November; nothing more in December."""
    p = b.person("19640812")
    b.identity(p, "2303", "2026-05-10", pushed="2026-11-20", month=FIRST)
    b.account(p)
    key = b.stay(p, "0512", "0520", "6000.00")
    b.claim(p, "1124", way="4", setl_id=key, paper=PAPER)
    b.item(key, "due", "2", ("4800.00", ZERO), (ZERO, ZERO), state="claimed", note="补报，11 月付", months=NOVEMBER)
    b.item(key, "due", "2", ("4800.00", ZERO), state="claimed", note="11 月已付", months=DECEMBER)
    b.pay(FIRST, key, ORDINARY, "4800.00", note="补报")


def late_without_paper(b: Book) -> None:
    """补报没有证明: waits in November; with the certificate 4000 in December."""
    p = b.person("19380210")
    b.identity(p, "236002", "2026-08-01", pushed="2026-11-18", month=FIRST, source="9")
    b.account(p)
    key = b.stay(p, "0905", "0915", "5000.00")
    first = b.claim(p, "1125", way="4", setl_id=key)
    b.claim(p, "1208", way="4", setl_id=key, paper=PAPER)
    b.item(key, "due", "2", ("4000.00", ZERO), (ZERO, ZERO), state="claimable", note="缺证明，不付", months=NOVEMBER)
    b.item(key, "due", "2", ("4000.00", ZERO), (ZERO, ZERO), state="claimed", note="证明补齐", months=DECEMBER)
    b.finding("CERTIFICATE_MISSING", {"ref_no": first}, "补报缺身份认定证明", NOVEMBER, {"diff_amt": "4000.00"})
    b.pay(LAST, key, ORDINARY, "4000.00", note="证明补齐后支付")


def late_without_claim(b: Book) -> None:
    """身份晚送，没有申请: stays claimable."""
    p = b.person("19670311")
    b.identity(p, "2303", "2026-07-01", pushed="2026-11-18", month=FIRST)
    key = b.stay(p, "0710", "0718", "2000.00")
    b.item(key, "due", "2", ("1600.00", ZERO), (ZERO, ZERO), state="claimable", note="待申请 1600")


def platform_paid_less(b: Book) -> None:
    """一站式少付 1400: claimed in December."""
    p = b.person("19731013")
    b.identity(p, "2303", "2024-01-01")
    b.account(p)
    key = b.stay(p, "1104", "1112", "3000.00", "1000.00")
    b.claim(p, "1210", setl_id=key)
    b.item(key, "due", "2", ("2400.00", ZERO), ("1000.00", ZERO), state="claimable", note="应 2400，一站式只付 1000", months=NOVEMBER)
    b.item(key, "due", "2", ("2400.00", ZERO), ("1000.00", ZERO), state="claimed", note="12 月申请补付", months=DECEMBER)
    one_stop(b, key, "1000.00", "2400.00", "-1400.00", "一站式少付")
    b.pay(LAST, key, ORDINARY, "1400.00", note="一站式少付的补付")


def platform_paid_more(b: Book) -> None:
    """一站式多付 600."""
    p = b.person("19801120")
    b.identity(p, "2303", "2024-01-01")
    key = b.stay(p, "1106", "1114", "3000.00", "3000.00")
    b.item(key, "due", "2", ("2400.00", ZERO), ("3000.00", ZERO), note="应 2400，一站式付 3000")
    b.finding("OVERPAID_ASSISTANCE", {"setl_id": key, "ref_no": f"{ORDINARY}|"}, "一站式多付", expect={"diff_amt": "600.00"})
    one_stop(b, key, "3000.00", "2400.00", "600.00", "一站式多付")


def one_stop(b: Book, key: str, paid: str, owed: str, diff: str, note: str) -> None:
    """一站式与规则不符 of a settlement of November (settle tells the same settlement where it is run after assist)."""
    b.plant(FIRST, "assistance_ties", "", {"setl_id": key}, note, {"maf_pay": paid, "owed_amt": owed, "diff_amt": diff})
    b.finding("ONE_STOP_DIFF", {"setl_id": key}, f"{note}；settle 在 assist 之后运行时也报同一结算", NOVEMBER, {
        "expected": owed, "actual": paid, "diff_amt": diff})


def manual(b: Book) -> None:
    """零星报销，特困 100 %: one account in order, then each way in which an account fails."""
    for born, base, note in (
        ("19490101", "7500.00", "账户正常"), ("19490202", "300.00", "没有账户"), ("19490303", "400.00", "账户金融功能未开通"),
        ("19490404", "500.00", "账户已失效，12 月登记新账户"), ("19490505", "600.00", "户名不符，银行退票；12 月更正"),
        ("19490606", "700.00", "入账后退汇"),
    ):
        p = b.person(born)
        b.identity(p, "2304", "2024-01-01")
        claim = b.claim(p, "1110", base=base)
        b.item(claim, "due", "1", (base, ZERO), (ZERO, ZERO), state="claimed", note=note, by="clm_sn", months=NOVEMBER)
        b.item(claim, "due", "1", (base, ZERO), state="claimed", note="11 月已列付款", by="clm_sn", months=DECEMBER)
        b.pay(FIRST, claim, ORDINARY, base, note=note)
        if base == "400.00":
            b.account(p, active="0")
        elif base == "500.00":
            b.account(p, until="2026-10-31")
            b.account(p, months=DECEMBER, since="2026-12-01")
        elif base == "600.00":
            b.account(p, months=NOVEMBER, name=f"{p.name}（曾用名）")
            b.account(p, months=DECEMBER, since="2026-12-01")
        elif base != "300.00":
            b.account(p)


def insured_outside(b: Book) -> None:
    """区外参保: registered in 西吉 → 西吉 pays 4000 × 80 % = 3200; registered outside → nobody of the region."""
    p = b.person("19750520", insured="110105", hukou="640422")
    b.identity(p, "2303", "2025-01-01")
    b.account(p)
    claim = b.claim(p, "1112", base="4000.00")
    b.item(claim, "due", "2", ("3200.00", ZERO), (ZERO, ZERO), state="claimed", note="区外参保，户籍地支付", by="clm_sn", months=NOVEMBER)
    b.item(claim, "due", "2", ("3200.00", ZERO), state="claimed", note="11 月已列付款", by="clm_sn", months=DECEMBER)
    b.pay(FIRST, claim, ORDINARY, "3200.00", "640422", "区外参保的由户籍地支付")
    q = b.person("19760520", insured="110105", hukou="620102")
    b.identity(q, "2303", "2025-01-01")
    claim = b.claim(q, "1112", base="1000.00")
    b.item(claim, "due", "2", ("800.00", ZERO), (ZERO, ZERO), state="claimable", note="参保、户籍都不在本区", by="clm_sn")
    b.finding("NO_PAYING_AGENCY", {"ref_no": claim}, "没有经办机构可支付", expect={"diff_amt": "800.00"})


def useless_claims(b: Book) -> None:
    """同一笔费用报两次；普通门诊."""
    p = b.person("19440707")
    b.identity(p, "2304", "2024-01-01")
    b.account(p)
    outside = "11WY202610000077"
    claim = b.claim(p, "1109", base="900.00", setl_id=outside)
    again = b.claim(p, "1113", base="900.00", setl_id=outside)
    b.item(claim, "due", "1", ("900.00", ZERO), (ZERO, ZERO), state="claimed", note="区外医院的结算号，平台没有", by="clm_sn", months=NOVEMBER)
    b.item(claim, "due", "1", ("900.00", ZERO), state="claimed", note="11 月已列付款", by="clm_sn", months=DECEMBER)
    b.pay(FIRST, claim, ORDINARY, "900.00", note="两次申请只付一次")
    b.finding("CLAIM_REPEATED", {"ref_no": again}, "同一笔费用再次申请", NOVEMBER)
    other = b.claim(p, "1114", base="120.00", kind="11", days=("1014", "1014"))
    b.finding("CLAIM_NOT_COVERED", {"ref_no": other}, "普通门诊不在救助范围", NOVEMBER)


def claimed_by_another(b: Book) -> None:
    """家属以本人名义申请: paid to the person of the settlement, 1500 × 80 % = 1200."""
    p, q = b.person("19610616"), b.person("19890616")
    b.identity(p, "2303", "2026-06-01", pushed="2026-10-20", month=10)
    b.account(p)
    key = b.stay(p, "0610", "0616", "1500.00")
    claim = b.claim(q, "1116", way="4", setl_id=key, paper=PAPER)
    b.item(key, "due", "2", ("1200.00", ZERO), (ZERO, ZERO), state="claimed", note="申请人不是本人", months=NOVEMBER)
    b.item(key, "due", "2", ("1200.00", ZERO), state="claimed", note="11 月已列付款", months=DECEMBER)
    b.pay(FIRST, key, ORDINARY, "1200.00", note="付给结算的本人")
    b.finding("CLAIM_PERSON_DIFFERS", {"ref_no": claim, "actual": mask(q.certno)}, "申请人与结算的人员不同", NOVEMBER)


def ordinary_and_tilt(b: Book) -> None:
    """零星报销，救助与倾斜两项: 60000 × 80 % = 48000; rest 12000 → 9000 × 70 % = 6300."""
    p = b.person("19540303")
    b.identity(p, "2303", "2025-01-01")
    b.account(p)
    claim = b.claim(p, "1111", base="60000.00", days=("0901", "0930"))
    b.item(claim, "due", "2", ("48000.00", "6300.00"), (ZERO, ZERO), state="claimed", note="救助与倾斜分两项", by="clm_sn", months=NOVEMBER)
    b.item(claim, "due", "2", ("48000.00", "6300.00"), state="claimed", note="11 月已列付款", by="clm_sn", months=DECEMBER)
    b.pay(FIRST, claim, ORDINARY, "48000.00", note="救助")
    b.pay(FIRST, claim, TILT, "6300.00", note="倾斜")


def two_claims(b: Book) -> None:
    """同一人同月两笔: one bank line of 1450.50 for two items."""
    p = b.person("19430909")
    b.identity(p, "2304", "2024-01-01")
    b.account(p)
    for received, base, days in (("1117", "800.00", ("1002", "1006")), ("1118", "650.50", ("1020", "1026"))):
        claim = b.claim(p, received, base=base, days=days)
        b.item(claim, "due", "1", (base, ZERO), (ZERO, ZERO), state="claimed", note="同月两笔", by="clm_sn", months=NOVEMBER)
        b.item(claim, "due", "1", (base, ZERO), state="claimed", note="11 月已列付款", by="clm_sn", months=DECEMBER)
        b.pay(FIRST, claim, ORDINARY, base, note="同月两笔，银行一行")


def opening(b: Book) -> None:
    """年中启用，期初已付: 8000 lie on the stay; of 1000 and 200 only 800 find one."""
    p = b.person("19650201")
    b.identity(p, "2303", "2025-01-01")
    b.opening(p, "8000.00", ZERO)
    b.item(b.stay(p, "0203", "0213", "10000.00"), "due", "2", ("8000.00", ZERO), note="启用前手工已付")
    q = b.person("19650301")
    b.identity(q, "2303", "2025-01-01")
    b.opening(q, "1000.00", "200.00")
    b.item(b.stay(q, "0304", "0309", "1000.00"), "due", "2", ("800.00", ZERO), note="期初多出 200 与倾斜 200 没有对应费用")
    b.finding("OPENING_NOT_PLACED", {"ref_no": f"{mask(q.certno)}|2026"}, "期初没有对应费用", expect={"diff_amt": "400.00"})


def refunded_at_once(b: Book) -> None:
    """当月退费重结: both drop out, the new one counts."""
    p = b.person("19560420")
    b.identity(p, "2303", "2025-01-01")
    wrong = b.stay(p, "1108", "1112", "1000.00", "800.00")
    b.refund(wrong, "1113")
    b.item(b.stay(p, "1108", "1113", "1100.00", "880.00"), "due", "2", ("880.00", ZERO), note="退费后重新结算")


def refunded_after_payment(b: Book) -> None:
    """补付之后退费: 4000 of November must come back; the other stay stands."""
    p = b.person("19570421")
    b.identity(p, "2303", "2026-07-01", pushed="2026-10-15", month=10)
    b.account(p)
    key = b.stay(p, "0803", "0810", "5000.00")
    claim = b.claim(p, "1119", way="4", setl_id=key, paper=PAPER)
    b.item(key, "due", "2", ("4000.00", ZERO), (ZERO, ZERO), state="claimed", note="补报，11 月付", months=NOVEMBER)
    b.pay(FIRST, key, ORDINARY, "4000.00", note="补报，12 月退费")
    b.refund(key, "1202")
    b.item(key, "refunded", "", paid=("4000.00", ZERO), state="claimed", note="付后退费", months=DECEMBER)
    b.finding("OVERPAID_ASSISTANCE", {"setl_id": key, "ref_no": f"{ORDINARY}|{claim}"}, "付后退费，须追回", DECEMBER, {"diff_amt": "4000.00"})
    b.item(b.stay(p, "1010", "1015", "2000.00", "1600.00"), "due", "2", ("1600.00", ZERO), note="同一人的另一次住院")
