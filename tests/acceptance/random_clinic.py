"""随机的机构结算：几家机构、几个人、连着的几个月，两边的送达各有出入 (many refunds, repeats, late and corrected rows)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from random import Random
from typing import Any

from plain_common import Inbox, Row, day, fen, half_up, last_day, month_add, yuan
from plain_reprice import LIMITS, kind_of, level_of, terms_of
from plain_settle import COMPARED, FUND_SUM, POOLED, Decision, Month, Settled, Terms, breaks_of, seen_of

AMOUNTS = (
    "medfee_sumamt", "fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt", "act_pay_dedc",
    *FUND_SUM, "fund_pay_sumamt", "psn_part_amt", "acct_pay", "psn_cash_pay", "acct_mulaid_pay", "hosp_part_amt",
)  # fmt: skip
MED = ("11", "11", "14", "140104", "140201", "21", "21", "21", "23", "24", "13", "41", "52", "52", "5201", "51")
MONTHS = (
    ("2026-10", 3), ("2026-11", 2), ("2026-11", 3), ("2026-12", 2), ("2026-12", 4), ("2025-11", 4), ("2026-03", 2),
)  # fmt: skip
LEVELS = ("01", "02", "03", "04", "04", "05", "06", "07", "07", "08", "08", "09", "10", "11")


def money(rng: Random, top: int) -> int:
    """一个金额，分；常带零头，有时整数."""
    value = rng.randint(1, top * 100)
    return value if rng.random() < 0.7 else value // 100 * 100


@dataclass
class Clinic:
    """一个经办机构和它的定点机构."""

    seed: int
    codes: list[str] = field(default_factory=list)
    late_agency: list[Row] = field(default_factory=list)
    late_details: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = rng = Random(self.seed)
        self.region = rng.choice(("ningxia", "dingxi"))
        start, count = rng.choice(MONTHS)
        self.months = [month_add(start, i) for i in range(count)]
        self.large = rng.choice((None, None, 3000000))
        self.inbox, self.settled = Inbox(), dict[str, Settled]()
        self.people = [
            (f"{rng.choice(('P', '000'))}{i:03d}", f"64010419900101{i:03d}X") for i in range(rng.randint(2, 6))
        ]
        self.codes = [f"H{rng.choice(('6401', '6211', '0'))}{i:04d}" for i in range(rng.randint(2, 5))]
        self.place = {c: self.a_place() for c in self.codes}
        self.number = 0
        self.detail_columns: dict[str, bool] = {}
        self.decided: list[Decision] = []

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def a_place(self) -> str:
        near = ("640104", "640121", "640201") if self.region == "ningxia" else ("621102", "621121", "621102")
        return self.rng.choice((*near, *near, "610103" if self.region == "ningxia" else "620102"))

    # ---- 登记 ----

    def provider_rows(self) -> list[Row]:
        """机构协议：一份、两份相接、有空档、重叠."""
        rng, rows = self.rng, list[Row]()
        for code in self.codes:
            cut = day(f"{self.months[0]}-01") + timedelta(days=rng.randint(0, 60))
            spans = rng.choice(
                (
                    [("2025-01-01", "2027-12-31")],
                    [("2025-01-01", "2027-12-31")],
                    [("2025-01-01", str(cut)), (str(cut + timedelta(days=1)), "2027-12-31")],
                    [("2025-01-01", str(cut)), (str(cut + timedelta(days=9)), "2027-12-31")],
                    [("2025-01-01", str(cut))],
                    [(str(cut), "2027-12-31")],
                )
            )
            headcap = rng.choice((None, "3000.00", "2500.01", "3333.33"))
            level = rng.choice(LEVELS)
            for begin, end in spans:
                row: Row = {
                    "fixmedins_code": code, "fixmedins_name": f"机构{code}", "fixmedins_type": "1", "hosp_lv": level,
                    "dedc_hosp_lv": level, "fix_blng_admdvs": self.place[code], "efft_time": begin, "invd_time": end,
                    "cntr_stas": "1", "clr_way": "1", "dpst_rat": rng.choice(("0", "0.05", "0.1", "0.0333", "0.05")),
                    "turnover_fund": rng.choice((None, "0.00", "500.00", "20000.00", "300000.00")),
                    "matn_headcap_amt": headcap,
                }  # fmt: skip
                rows.append(row)
        if self.chance(0.15) and len(self.codes) > 2:
            gone = self.codes[-1]
            rows = [r for r in rows if r["fixmedins_code"] != gone]
        return rows

    def registration_rows(self, period: str) -> list[Row]:
        rng, rows = self.rng, dict[tuple[Any, ...], Row]()
        for psn, _ in self.people:
            for _ in range(rng.choice((0, 0, 1, 2, 3, 4))):
                begin = rng.choice(("2025-06-01", f"{period[:4]}-01-01", f"{period}-10", "2026-11-15"))
                end = rng.choice((None, None, "2027-12-31", f"{period}-20"))
                if end is not None and end < begin:
                    end = None
                row: Row = {
                    "psn_no": psn, "dise_no": str(rng.randint(1, len(LIMITS))), "begndate": begin, "enddate": end,
                }  # fmt: skip
                rows[psn, row["dise_no"], begin] = row
        return list(rows.values())

    # ---- 结算 ----

    def new_row(self, code: str, period: str, terms: Terms) -> Row:
        """一笔结算，金额都勾稽."""
        rng = self.rng
        self.number += 1
        psn, certno = rng.choice(self.people)
        med = rng.choice(MED)
        insutype = rng.choice(("310",) * 8 + ("390", "390", "340", "510"))
        month_end = last_day(period)
        end = month_end - timedelta(days=rng.choice((0, 0, *range(31), 31, 40)))
        edges = [str(r[c]) for r in terms.rows.get(code, []) for c in ("efft_time", "invd_time")]
        if self.chance(0.2) and edges:
            edge = day(rng.choice(edges)) + timedelta(days=rng.choice((-1, 0, 0, 1)))
            end = edge if abs((edge - month_end).days) < 62 else end
        begin = end - timedelta(days=rng.choice((0, 0, 3, 10)))
        when = max(end, day(f"{period}-01")) + timedelta(days=rng.choice((0, 0, 1)))
        row: Row = {
            "setl_id": f"{rng.choice(('S', '00', 'S'))}{self.number:05d}", "refd_setl_flag": "0", "psn_no": psn,
            "psn_name": "张伟", "certno": certno, "fixmedins_code": code, "insutype": insutype, "med_type": med,
            "clr_type": "21" if med[0] in "25" else "11", "clr_optins": rng.choice(("640104", "640104", "640199")),
            "setl_type": "2", "begndate": str(begin), "enddate": str(end),
            "setl_time": f"{when} {rng.choice(('08:00:00', '09:30:00', '23:59:59'))}",
            "pay_loc": rng.choice(("1", "2", "2", "2", "3", "4")),
            "out_fil_type": rng.choice((None, None, "02", "06", "07", "08", "09", "10", "11")),
            "emer_flag": rng.choice((None, "0", "0", "1")), "org_setl_id": None,
            "insu_admdvs": rng.choice(("640104", "640121", "640202", "621102")),
            "booking_flag": rng.choice(("0", "1", "0", None)), "cop_flag": rng.choice(("0", "0", "0", "1", None)),
        }  # fmt: skip
        self.amounts(row, terms)
        if self.chance(0.05):
            spoil = rng.choice(("medfee_sumamt", "psn_cash_pay", "preselfpay_amt", "oth_pay", "hosp_part_amt"))
            row[spoil] = yuan(fen(row[spoil]) + rng.choice((1, 100)))
        return row

    def amounts(self, row: Row, terms: Terms) -> None:
        """二十个金额."""
        rng = self.rng
        stay = str(row["med_type"])[0] in "25"
        scope = money(rng, rng.choice((3000, 30000, 150000) if stay else (200, 2000, 9000)))
        own, over, first = (rng.choice((0, money(rng, 50))) for _ in range(3))
        value = dict.fromkeys(AMOUNTS, 0)
        value |= {"inscp_scp_amt": scope, "fulamt_ownpay_amt": own, "overlmt_selfpay": over, "preselfpay_amt": first}
        value["medfee_sumamt"] = scope + own + over + first
        value["hifp_pay"] = rng.choice((0, half_up(Fraction(scope * rng.randint(30, 90), 100))))
        if self.region == "dingxi" and kind_of(row) == "inpatient" and self.chance(0.6):
            agreement = terms.newest(str(row["fixmedins_code"]), str(row["enddate"]))
            if agreement:
                deductible, rate = terms_of(row, level_of(str(agreement["dedc_hosp_lv"])))
                value["hifp_pay"] = half_up(Fraction(max(0, scope - deductible * 100) * rate, 100))
                value["hifob_pay"] = half_up(Fraction(max(0, scope - value["hifp_pay"] - 100000) * 95, 100))
        rest = scope - value["hifp_pay"] - value["hifob_pay"]
        for fund in rng.sample(FUND_SUM[1:], rng.choice((0, 0, 1, 2))):
            if not value[fund]:
                value[fund] = rng.randint(0, max(0, rest // 3))
        value["fund_pay_sumamt"] = sum(value[f] for f in FUND_SUM)
        rest = value["medfee_sumamt"] - value["fund_pay_sumamt"]
        value["hosp_part_amt"] = rng.choice((0, 0, 0, rest // 10))
        rest -= value["hosp_part_amt"]
        value["psn_part_amt"] = rest
        value["acct_pay"] = rng.choice((0, rest // 2, rest))
        value["acct_mulaid_pay"] = rng.choice((0, 0, (rest - value["acct_pay"]) // 2))
        value["psn_cash_pay"] = rest - value["acct_pay"] - value["acct_mulaid_pay"]
        for column, amt in value.items():
            row[column] = yuan(amt)

    def refund_of(self, row: Row, period: str) -> Row:
        """退费：金额全反，原结算写明."""
        rng = self.rng
        self.number += 1
        found: Row = dict(row)
        found["refd_setl_flag"] = "1"
        if self.chance(0.5):
            found["setl_id"] = f"R{self.number:05d}"
        found["org_setl_id"] = "NOWHERE" if self.chance(0.06) else row["setl_id"]
        if found["setl_id"] == row["setl_id"] and self.chance(0.2):
            found["org_setl_id"] = None
        for column in AMOUNTS:
            found[column] = yuan(-fen(row[column]))
        when = max(day(f"{period}-01"), date.fromisoformat(str(row["setl_time"])[:10])) + timedelta(days=1)
        found["setl_time"] = f"{when} {rng.choice(('08:00:00', '12:00:00'))}"
        return found

    @staticmethod
    def detail_of(row: Row) -> Row:
        """机构自己的一行."""
        keep = (
            "setl_id",
            "refd_setl_flag",
            "fixmedins_code",
            "psn_no",
            *COMPARED,
            "insutype",
            "clr_type",
            "clr_optins",
        )
        return {**{c: row[c] for c in keep}, "mdtrt_id": f"M{row['setl_id']}"}

    def twist(self, row: Row) -> Row:
        """改一格金额."""
        column = self.rng.choice(COMPARED)
        found = dict(row)
        found[column] = yuan(fen(row[column]) + self.rng.choice((1, -1, 1000)))
        return found

    def prepare(self, i: int) -> dict[str, list[Row]]:
        """第 i 个月的来件."""
        rng, period = self.rng, self.months[i]
        new: dict[str, list[Row]] = {}
        if i == 0 or self.chance(0.25):
            new["providers"] = self.provider_rows()
            self.inbox.put(period, "providers", new["providers"])
        if self.region == "dingxi" and (i == 0 or self.chance(0.3)):
            new["chronic_registrations"] = self.registration_rows(period)
            self.inbox.put(period, "chronic_registrations", new["chronic_registrations"])
        terms = Terms(self.inbox, period)
        agency: dict[tuple[str, str], Row] = {}
        details: list[Row] = []

        def send(row: Row) -> None:
            agency.setdefault((str(row["setl_id"]), str(row["refd_setl_flag"])), row)

        for row in self.late_agency:
            send(row)
        details += self.late_details
        self.late_agency, self.late_details = [], []
        rows = [self.new_row(c, period, terms) for c in self.codes for _ in range(rng.choice((0, 2, 4, 7)))]
        known = [r for m in self.months[:i] for r in self.inbox.feed("settlements", m) if r["refd_setl_flag"] == "0"]
        unique = {str(r["setl_id"]): r for r in [*known, *rows]}
        for row in rng.sample(
            sorted(unique.values(), key=lambda r: str(r["setl_id"])), min(len(unique), rng.choice((0, 2, 5)))
        ):
            rows.append(self.refund_of(row, period))
        for row in rows:
            self.deliver(row, send, details)
        if i:
            self.again(self.settled[self.months[i - 1]], send, details)
        new["settlements"] = list(agency.values())
        self.provider_side(period, details, new)
        if self.chance(0.7):
            new["deductions"] = self.deduction_rows()
        for name in ("settlements", "deductions"):
            self.inbox.put(period, name, new.get(name, []))
        return {k: v for k, v in new.items() if v or k == "settlements"}

    def deliver(self, row: Row, send: Any, details: list[Row]) -> None:
        """双方怎样送达这一笔."""
        rng, own, luck = self.rng, self.detail_of(row), self.rng.random()
        if luck < 0.05:
            send(row)
            details.append(self.twist(own))
        elif luck < 0.08:
            send(row)
            own[rng.choice(("insutype", "clr_type"))] = rng.choice(("330", "99"))
            own["insutype"] = own["insutype"] if own["insutype"] in ("330", row["insutype"]) else "330"
            details.append(own)
        elif luck < 0.11:
            send(row)
        elif luck < 0.14:
            send(row)
            self.late_details.append(own)
        elif luck < 0.17:
            self.late_agency.append(row)
            details.append(own)
        elif luck < 0.19:
            details.append(own)
        elif luck < 0.23:
            send(row)
            details += [own, dict(own) if self.chance(0.5) else self.twist(own)]
            if self.chance(0.3):
                details.append(dict(own))
        else:
            send(row)
            details.append(own)

    def again(self, before: Settled, send: Any, details: list[Row]) -> None:
        """以前月份的：已结的再送，未结的更正后送."""
        rng = self.rng
        for key in sorted(before.entries):
            entry = before.entries[key]
            mine, theirs = entry.agency, entry.provider
            if entry.closed and self.chance(0.05):
                way = rng.choice(("agency", "provider", "both"))
                if way != "provider" and mine:
                    send(mine)
                if way != "agency" and (theirs or mine):
                    details.append(theirs or self.detail_of(mine or {}))
            elif not entry.closed and self.chance(0.25):
                if mine and breaks_of(mine)[0]:
                    mended = dict(mine)
                    self.amounts(mended, Terms(self.inbox, before.period))
                    if key[1] == "0":
                        send(mended)
                elif mine and theirs:
                    details.append({**theirs, **self.detail_of(mine)})
                elif mine:
                    details.append(self.detail_of(mine) if self.chance(0.8) else self.twist(self.detail_of(mine)))

    def provider_side(self, period: str, details: list[Row], new: dict[str, list[Row]]) -> None:
        """机构送什么：明细、对账单、都送、都不送."""
        rng = self.rng
        sent: list[Row] = []
        totals: list[Row] = []
        for code in self.codes:
            mode = rng.choice(("both", "both", "both", "details", "totals", "totals", "nothing"))
            own = [r for r in details if r["fixmedins_code"] == code]
            base = (
                own if mode in ("both", "details") else [r for r in new["settlements"] if r["fixmedins_code"] == code]
            )
            if mode in ("both", "details"):
                with_types = self.chance(0.7)
                bare = {"insutype": None, "clr_type": None}
                # 无表头的压缩文本：机构编号在文件名里
                if code in Terms(self.inbox, period).rows and len(code) > 8 and self.chance(0.3):
                    with_types, bare = False, {**bare, "zipped": code}
                sent += [r if with_types else {**r, **bare} for r in own]
            if mode in ("both", "totals"):
                totals += self.total_rows(code, base)
        if not sent and not totals:
            code = self.codes[0]
            totals += self.total_rows(code, []) or [self.total(code, ("640104", "310", "11"), (0, 0, 0, 0))]
        new["provider_details"], new["provider_totals"] = sent, totals
        self.inbox.put(period, "provider_details", sent)
        self.inbox.put(period, "provider_totals", totals)
        if not totals or self.chance(0.02):
            new.pop("provider_totals")
            self.inbox.months[period].pop("provider_totals")
            if not sent:
                row = self.total(self.codes[0], ("640104", "310", "11"), (0, 0, 0, 0))
                new["provider_totals"] = [row]
                self.inbox.put(period, "provider_totals", [row])
        if not sent:
            new.pop("provider_details")

    def total_rows(self, code: str, rows: list[Row]) -> list[Row]:
        groups: dict[tuple[str, str, str], list[Row]] = {}
        for row in rows:
            group = (str(row["clr_optins"]), str(row["insutype"] or "310"), str(row["clr_type"] or "11"))
            groups.setdefault(group, []).append(row)
        found = []
        for group, members in sorted(groups.items()):
            values = list(Month.sums(members))
            if self.chance(0.15):
                values[self.rng.randrange(4)] += self.rng.choice((1, -1, 100))
            if not self.chance(0.04):
                found.append(self.total(code, group, tuple(values)))
        if self.chance(0.06):
            group = (self.rng.choice(("640104", "640199")), "330", "99")
            if group not in groups:
                found.append(self.total(code, group, (100, 50, 0, 1)))
        return found

    @staticmethod
    def total(code: str, group: tuple[str, str, str], values: tuple[int, ...]) -> Row:
        return {
            "fixmedins_code": code, "clr_optins": group[0], "insutype": group[1], "clr_type": group[2],
            "medfee_sumamt": yuan(values[0]), "fund_pay_sumamt": yuan(values[1]), "acct_pay": yuan(values[2]),
            "cash_payamt": "0.00", "fixmedins_setl_cnt": str(values[3]),
        }  # fmt: skip

    def deduction_rows(self) -> list[Row]:
        rng, rows = self.rng, list[Row]()
        for n in range(rng.choice((1, 2, 4))):
            row: Row = {
                "fixmedins_code": rng.choice(self.codes), "det_sn": f"D{n}", "det_type": "10", "det_rea": "审核",
                "fund_pay_type": rng.choice(("310100", "310100", "310200", "390100", "320100", "610100")),
                "det_amt": yuan(money(rng, rng.choice((50, 5000, 100000)))),
            }  # fmt: skip
            rows.append(row)
        return rows

    def run(self, i: int) -> Settled:
        """模型跑第 i 个月 (again and again with the decisions so far)."""
        before = self.settled.get(self.months[i - 1]) if i else None
        read = [d for d in self.decided if d.done in ("", self.months[i])]
        found = Month(self.inbox, self.months[i], before, self.region, read, self.large).run()
        self.settled[self.months[i]] = found
        return found

    def decide(self, settled: Settled) -> list[Decision]:
        """对几笔未了的差异作决定."""
        made = []
        for key in sorted(settled.entries):
            entry = settled.entries[key]
            if entry.closed or not self.chance(0.2):
                continue
            ways = ["reject"]
            if entry.agency is not None and entry.diff != "00":
                ways.append("agency")
                if entry.provider is not None and entry.agency["insutype"] in POOLED:
                    ways.append("provider")
            made.append(Decision(key, self.rng.choice(ways), seen_of(entry), entry.diff))
        self.decided += made
        return made
