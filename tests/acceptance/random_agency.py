"""随机的小经办机构 (inputs of a few months with every rule and corner, drawn from a seed)."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from plain_assess import Assessed, assess, average_wage
from plain_common import Inbox, Policy, Row, fen, last_day, month_add, ym, yuan
from plain_reconcile import Books, Month, Reconciled, levy, reconcile

USCC_SET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
POLICIES: dict[str, Policy] = {
    "plain": {
        "contribution.emp_rate": [(date(2021, 1, 1), "0.08")],
        "contribution.psn_rate": [(date(2021, 1, 1), "0.02")],
    },
    "changing": {
        "contribution.emp_rate": [(date(2021, 1, 1), "0.085"), (date(2027, 1, 1), "0.0775")],
        "contribution.psn_rate": [(date(2021, 1, 1), "0.02")],
        "account.credit_rate": [(date(2026, 12, 1), "0.375")],
    },
    "account": {
        "contribution.emp_rate": [(date(2021, 1, 1), "0.08")],
        "contribution.psn_rate": [(date(2021, 1, 1), "0.02")],
        "account.credit_rate": [(date(2021, 1, 1), "1")],
    },
}
LEVY = {
    "310": ("职工基本医疗保险费", "职工基本医疗保险(生育)费", "生育保险费"),
    "330": ("职工大额医疗费用补助", "大额医疗补助"),
}
PART = {"any": ("",), "emp": ("（单位缴纳）", "单位"), "psn": ("（个人缴纳）", "个人部分")}


def certno(rng: Random) -> str:
    """校验位正确的公民身份号码."""
    born = f"{rng.randint(1965, 2003)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"
    body = f"6401{rng.choice(('04', '05', '21'))}{born}{rng.randint(0, 999):03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11]


def uscc(rng: Random) -> str:
    """校验位正确的统一社会信用代码."""
    body = "9164010" + "".join(rng.choice(USCC_SET) for _ in range(10))
    total = sum(USCC_SET.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return body + USCC_SET[(31 - total % 31) % 31]


def policy_text(policy: Policy) -> str:
    """policy.toml 的样子."""
    out = []
    for name, values in policy.items():
        inner = ", ".join(f'{{ since = {since}, value = "{value}", source = "样例" }}' for since, value in values)
        out.append(f"[{name}]\nvalues = [{inner}]\n")
    return "".join(out)


class Agency:
    """一个经办机构：逐月出来件，模型跟着算."""

    def __init__(self, seed: int) -> None:
        self.rng = rng = Random(seed)
        self.region = rng.choice(("ningxia", "dingxi"))
        self.policy = POLICIES[rng.choice(sorted(POLICIES))]
        first = rng.choice(("2026-10", "2026-11", "2026-11", "2026-12", "2026-07", "2027-01"))
        self.months = [month_add(first, i) for i in range(rng.choice((3, 3, 4)))]
        self.inbox, self.books = Inbox(), Books()
        self.assessed: dict[str, Assessed] = {}
        self.reconciled: dict[str, Reconciled] = {}
        self.as_of: dict[str, date | None] = {}
        self.people: dict[str, str] = {}
        self.units: list[Row] = []
        self.serial = 0
        self.listed: dict[str, bool] = {}
        self.statement: dict[tuple[str | None, ...], tuple[int, int]] = {}
        self.make_units()

    # ---- 核定的来件 ----

    def chance(self, p: float) -> bool:
        """以 p 的机会."""
        return self.rng.random() < p

    def make_units(self) -> None:
        """单位."""
        rng = self.rng
        for i in range(rng.randint(3, 7)):
            self.units.append(
                {
                    "emp_no": rng.choice((f"E{i}", f"E1{i}", f"00640{i}")),
                    "emp_name": f"第{i}公司",
                    "uscc": uscc(rng),
                    "insu_admdvs": "640104",
                    "emp_mgt_type": rng.choice(("01", "01", "01", "05")),
                    "quts_type": rng.choice(("1", "2")),
                    "emp_insu_stas": "2" if i < 2 else rng.choice(("2", "2", "2", "3", "4")),
                }
            )
        if self.chance(0.4):
            self.units[1]["uscc"] = self.units[0]["uscc"]
        if self.chance(0.2):
            self.units[-1]["uscc"] = self.units[0]["uscc"]

    def person(self) -> str:
        """一个新的人."""
        number = f"P{len(self.people)}" if self.rng.random() < 0.7 else f"000{len(self.people):05d}"
        self.people[number] = certno(self.rng)
        return number

    def unit_no(self) -> str:
        """一个单位编号，偶尔查无此单位."""
        return "X999" if self.chance(0.02) else str(self.rng.choice(self.units)["emp_no"])

    def psn_type(self) -> str:
        """人员类别."""
        return self.rng.choice(("1101", "1101", "1101", "1101", "1101", "1102", "1160", "1103", "1201", "1203", "1300"))

    def persons_rows(self, earlier: Sequence[Row]) -> list[Row]:
        """人员快照."""
        rng = self.rng
        rows = [dict(r) for r in earlier]
        if not rows:
            for unit in self.units:
                for _ in range(rng.choice((0, 1, 2, 4, 8))):
                    rows.append(self.person_row(self.person(), str(unit["emp_no"])))
            if rows and self.chance(0.4):
                rows.append(self.person_row(str(rng.choice(rows)["psn_no"]), self.unit_no()))
            if self.chance(0.3):
                rows.append(self.person_row(self.person(), "X999"))
        else:
            for row in rows:
                if self.chance(0.1):
                    row["psn_insu_stas"] = rng.choice(("1", "2", "4"))
                if self.chance(0.05):
                    row["psn_type"] = self.psn_type()
            for _ in range(rng.choice((0, 1, 2))):
                rows.append(self.person_row(self.person(), self.unit_no()))
        unique = {(r["psn_no"], r["emp_no"]): r for r in rows}
        return list(unique.values())

    def person_row(self, psn: str, emp: str) -> Row:
        """一行人员."""
        return {
            "psn_no": psn,
            "psn_name": "张伟",
            "certno": self.people[psn],
            "emp_no": emp,
            "insu_admdvs": "640104",
            "psn_type": self.psn_type(),
            "hi_type": "1",
            "psn_insu_stas": self.rng.choice(("1", "1", "1", "1", "1", "1", "2")),
        }

    def wage(self, bounds: tuple[int, int]) -> str:
        """一个工资，常在上下限上或差一分."""
        low, high = bounds
        near = self.rng.choice((low, low - 1, low + 1, high, high - 1, high + 1, 0, 1))
        return yuan(near if self.chance(0.35) else self.rng.randint(200000, 3200000))

    def average_rows(self, period: str) -> list[Row]:
        """平均工资：偶尔上年的还没有公布."""
        rng, rows = self.rng, []
        first = not self.assessed
        for year in range(int(period[:4]) - 2, int(period[:4])):
            for admdvs in ("640000", "620000"):
                if not first and not self.chance(0.3):
                    continue
                monthly = rng.randint(600000, 900000)
                yearly = monthly * 12 + rng.randint(0, 11)
                published = (
                    date(year + 1, rng.choice((6, 7)), 1)
                    if year < int(period[:4]) - 1
                    else rng.choice(
                        (
                            date(year + 1, 6, 30),
                            last_day(month_add(period, -1)),
                            date(int(period[:4]), int(period[5:]), 1),
                            date(year + 1, 1, 15),
                        )
                    )
                )
                if year < int(period[:4]) - 1:
                    published = min(published, last_day(month_add(period, -1)))
                low, high = self.chance(0.5), self.chance(0.5)
                rows.append(
                    {
                        "admdvs": admdvs,
                        "stat_year": str(year),
                        "monthly_amt": yuan(monthly) if self.chance(0.5) else None,
                        "yearly_amt": yuan(yearly),
                        "lower_amt": yuan(monthly * 6 // 10 + 1) if low else None,
                        "upper_amt": yuan(monthly * 3 + 2) if high else None,
                        "publ_date": published.isoformat(),
                        "source_doc": "样例",
                    }
                )
        return rows

    def change_row(self, period: str) -> Row:
        """一条人员增减."""
        rng = self.rng
        kind = rng.choice(("11", "12", "13", "14", "21", "22", "23", "24", "25", "25", "35"))
        received_in = month_add(period, rng.choice((-2, -1, -1, -1, 0)))
        day = rng.choice((1, 15, 24, 25, 26, 28, last_day(received_in).day))
        roster = [(r["psn_no"], r["emp_no"]) for r in self.inbox.snapshot("persons", period)[1]]
        recent = [(r["psn_no"], r["emp_no"]) for r in self.inbox.register("personnel_changes", period)]
        if recent and self.chance(0.3):
            psn, emp = rng.choice(recent)
        elif roster and self.chance(0.7):
            psn, emp = rng.choice(roster)
            emp = self.unit_no() if kind in {"11", "12", "13", "14"} and self.chance(0.4) else emp
        else:
            psn, emp = self.person(), self.unit_no()
        self.serial += 1
        bounds = (self.floor, self.ceiling)
        return {
            "chg_sn": rng.choice((f"C{self.serial}", f"A{self.serial}", f"C{self.serial:06d}")),
            "emp_no": emp,
            "psn_no": psn,
            "psn_name": "张伟",
            "certno": self.people[str(psn)],
            "psn_type": self.psn_type() if kind != "25" else "1201",
            "psn_chg_type": kind,
            "rcvd_date": f"{received_in}-{day:02d}",
            "wag": self.wage(bounds) if kind.startswith("1") and self.chance(0.6) else None,
            "insu_admdvs": "640104",
        }

    def declaration_rows(self, period: str) -> list[Row]:
        """工资申报：日期有的在截至日之后，有的同键改报."""
        rng, rows = self.rng, []
        year = period[:4]
        earlier = self.inbox.register("wage_declarations", period)
        if earlier:
            for row in rng.sample(earlier, min(len(earlier), rng.choice((0, 0, 2)))):
                rows.append({**row, "wag": self.wage((self.floor, self.ceiling))})
        members = {(str(r["psn_no"]), str(r["emp_no"])) for r in self.inbox.snapshot("persons", period)[1]}
        members |= {(str(r["psn_no"]), str(r["emp_no"])) for r in self.inbox.register("personnel_changes", period)}
        begun = {str(r["emp_no"]) for r in earlier if r["year"] == year}
        for unit in self.units:
            emp = unit["emp_no"]
            if not self.chance(0.25 if emp in begun else 0.65):
                continue
            for psn, of in sorted(members):
                if of == emp and self.chance(0.8 if emp not in begun else 0.3):
                    for _ in range(rng.choice((1, 1, 2))):
                        around = last_day(month_add(period, -1))
                        declared = around + timedelta(days=rng.choice((-40, -10, -3, -1, 0, 0, 1, 5)))
                        rows.append(
                            {
                                "year": rng.choice((year, year, year, year, str(int(year) - 1), str(int(year) + 1))),
                                "emp_no": emp,
                                "psn_no": psn,
                                "dcla_date": declared.isoformat(),
                                "wag": self.wage((self.floor, self.ceiling)),
                            }
                        )
        unique = {(r["year"], r["emp_no"], r["psn_no"], r["dcla_date"]): r for r in rows}
        return list(unique.values())

    def deferral_rows(self, period: str) -> list[Row]:
        """缓缴协议."""
        rng, rows = self.rng, []
        earlier = self.inbox.register("deferrals", period)
        if earlier and self.chance(0.3):
            rows.append({**rng.choice(earlier), "agre_stas": rng.choice(("1", "3"))})
        for _ in range(rng.choice((0, 0, 1, 2))):
            begin = month_add(period, rng.choice((-2, 0, 0, 0, 1)))
            limit = date(int(begin[:4]) + 1, int(begin[5:]), 1)
            self.serial += 1
            rows.append(
                {
                    "defer_agre_no": f"D{self.serial}",
                    "emp_no": self.unit_no(),
                    "insutype": "310",
                    "defer_part": rng.choice(("1", "2")),
                    "accrym_begn": ym(begin),
                    "accrym_end": ym(month_add(begin, rng.choice((0, 1, 2)))),
                    "dedln_date": (limit - timedelta(days=rng.choice((-1, -30, 0, 0, 1, 100, 200)))).isoformat(),
                    "sign_date": (
                        last_day(month_add(period, -1)) - timedelta(days=rng.choice((0, 0, 3, 20, -1, -5)))
                    ).isoformat(),
                    "agre_stas": rng.choice(("1", "1", "1", "2")),
                }
            )
        return rows

    def opening_rows(self, period: str) -> dict[str, list[Row]]:
        """年中开始的期初文件."""
        rng = self.rng
        out: dict[str, list[Row]] = {
            k: [] for k in ("opening_bills", "opening_dues", "opening_credits", "opening_supplements")
        }
        if not self.chance(0.7):
            return out
        for unit in self.units:
            emp = unit["emp_no"]
            if self.chance(0.5):
                out["opening_bills"].append(
                    {
                        "emp_no": emp,
                        "insutype": "310",
                        "accrym": ym(month_add(period, -1 if self.chance(0.9) else -2)),
                        "emp_clct_amt": yuan(rng.choice((1234567, rng.randint(0, 500000)))),
                        "psn_clct_amt": yuan(rng.randint(0, 100000)),
                    }
                )
            for back in (1, 2, 7):
                if self.chance(0.3):
                    month = month_add(period, -back)
                    insutype = rng.choice(("310", "310", "330"))
                    for part in rng.choice((("emp",), ("psn",), ("emp", "psn"))):
                        late = rng.choice((0, 0, 0, 150))
                        out["opening_dues"].append(
                            {
                                "clct_bill_id": f"{ym(month)}-{emp}-{insutype}",
                                "part": part,
                                "emp_no": emp,
                                "insutype": insutype,
                                "accrym": ym(month),
                                "amt": yuan(rng.randint(1, 200000)),
                                "dedln_date": (last_day(month) + timedelta(days=late)).isoformat(),
                            }
                        )
            if self.chance(0.15):
                out["opening_dues"].append(
                    {
                        "clct_bill_id": f"{ym(period)}-{emp}-310",
                        "part": rng.choice(("emp", "psn")),
                        "emp_no": emp,
                        "insutype": "310",
                        "accrym": ym(period),
                        "amt": yuan(rng.randint(0, 20000)),
                        "dedln_date": last_day(period).isoformat(),
                    }
                )
            if self.chance(0.25):
                out["opening_credits"].append(
                    {"emp_no": emp, "insutype": rng.choice(("310", "330")), "credit_amt": yuan(rng.randint(1, 90000))}
                )
        for psn in sorted(self.people):
            if self.chance(0.2):
                out["opening_supplements"].append(
                    {"psn_no": psn, "year": rng.choice((period[:4], str(int(period[:4]) - 1))), "amt": "180.00"}
                )
        return out

    def prepare_assess(self, index: int) -> dict[str, list[Row]]:
        """一个月核定用的来件，并让模型核定."""
        rng, period = self.rng, self.months[index]
        new: dict[str, list[Row]] = {}

        def put(contract: str, rows: list[Row]) -> None:
            if rows or (contract in ("persons", "wage_declarations") and not index):
                new[contract] = rows
                self.inbox.put(period, contract, rows)

        put("average_wages", self.average_rows(period))
        _, _, self.floor, self.ceiling, _ = average_wage(
            self.inbox, self.region, period, last_day(month_add(period, -1))
        )
        if index == 0 or self.chance(0.4):
            for unit in self.units[2:]:
                if index and self.chance(0.3):
                    unit["emp_insu_stas"] = rng.choice(("2", "3", "4"))
            put("units", [dict(u) for u in self.units])
        if index == 0 or self.chance(0.35):
            put("persons", self.persons_rows(self.inbox.snapshot("persons", period)[1]))
        changes = []
        earlier = self.inbox.register("personnel_changes", period)
        if earlier and self.chance(0.3):
            again = dict(rng.choice(earlier))
            again["psn_chg_type"] = rng.choice(("11", "21", "25"))
            changes.append(again)
            self.inbox.put(period, "personnel_changes", changes[-1:])
        for _ in range(rng.choice((0, 2, 4, 8))):
            changes.append(self.change_row(period))
            self.inbox.put(period, "personnel_changes", changes[-1:])
        if changes:
            new["personnel_changes"] = changes
        put("wage_declarations", self.declaration_rows(period))
        put("deferrals", self.deferral_rows(period))
        if index == 0:
            for contract, rows in self.opening_rows(period).items():
                put(contract, rows)
        self.as_of[period] = None
        if self.chance(0.15):
            self.as_of[period] = last_day(month_add(period, -1)) + timedelta(days=rng.choice((-3, 5, 10)))
        self.assessed[period] = assess(self.inbox, self.region, self.policy, period, self.assessed, self.as_of[period])
        return new

    # ---- 对账的来件 ----

    def ticket(self) -> str:
        """一个税票号；有的票国库逐票列明."""
        number = f"T{self.rng.randrange(10 ** self.rng.choice((3, 6, 8)))}{len(self.listed)}"
        self.listed[number] = self.chance(0.5)
        return number

    def line(
        self,
        ticket: str,
        number: int,
        payer: str,
        insutype: str,
        part: str,
        paid: int,
        on: date,
        treasury: str,
        **more: Any,
    ) -> Row:
        """一行到账."""
        return {
            "elec_taxrpt_no": ticket,
            "line_no": str(number),
            "taxpayer_no": payer.lower() if self.chance(0.05) else payer,
            "taxpayer_name": "某",
            "clct_bill_id": None,
            "levy_subitem_name": self.rng.choice(LEVY.get(insutype, (insutype,))) + self.rng.choice(PART[part]),
            "accrym_begn": None,
            "accrym_end": None,
            "paid_amt": yuan(paid),
            "latefee": None,
            "levy_attr": self.rng.choice(("正常", "补缴", None)),
            "intsury_time": on.isoformat(),
            "treasury_code": treasury,
            "org_taxrpt_no": None,
            **more,
        }

    def day_of(self, period: str) -> date:
        """入库日：多在当月，常在月底，偶尔上月."""
        end = last_day(period if self.chance(0.85) else month_add(period, -1))
        return end - timedelta(days=self.rng.choice((0, 0, 1, 2, 10, 20)))

    def payments(self, period: str, books: Books) -> list[Row]:
        """各种缴款."""
        rng, rows = self.rng, []
        payer_of = {str(u["emp_no"]): str(u["uscc"]) for u in self.units}
        treasury = ("64010000000", "64010400000")
        for _ in range(rng.randint(3, 12)):
            due_keys = [k for k, d in books.dues.items() if d["emp_no"] in payer_of]
            if not due_keys:
                break
            ticket, on, where, number = self.ticket(), self.day_of(period), rng.choice(treasury), rng.choice((1, 2, 9))
            for _ in range(rng.choice((1, 1, 2, 2, 3))):
                key = rng.choice(due_keys)
                due = books.dues[key]
                payer = payer_of[due["emp_no"]]
                part = rng.choice(("any", key[1], key[1]))
                kind = rng.choice(
                    ("bill", "bill", "bill", "period", "period", "range", "none", "bogus", "other_bill", "other_type")
                )
                reach = [
                    d
                    for k, d in books.dues.items()
                    if payer_of.get(d["emp_no"]) == payer
                    and d["insutype"] == due["insutype"]
                    and part in ("any", k[1])
                    and (kind in ("none", "range") or d["accrym"] == due["accrym"])
                ]
                left = sum(d["amt"] - d["paid"] for d in reach)
                paid = rng.choice((left, left, left, left // 2, left + rng.randint(1, 9999), 1, rng.randint(1, 300000)))
                more: dict[str, Any] = {}
                if kind == "bill":
                    more["clct_bill_id"] = key[0]
                elif kind == "bogus":
                    more["clct_bill_id"] = "202501-QQ-310"
                elif kind == "other_bill" and self.chance(0.4):
                    more["clct_bill_id"] = rng.choice(due_keys)[0]
                elif kind == "other_type":
                    more["clct_bill_id"] = key[0][:-3] + ("330" if key[0].endswith("310") else "310")
                if kind in ("bill", "period", "bogus", "other_type"):
                    more["accrym_begn"] = due["accrym"]
                    more["accrym_end"] = rng.choice((None, due["accrym"]))
                elif kind == "range":
                    more["accrym_begn"], more["accrym_end"] = (
                        ym(month_add(period, -rng.choice((1, 3, 8)))),
                        ym(month_add(period, rng.choice((-1, 0, 0, 1)))),
                    )
                if self.chance(0.2):
                    more["latefee"] = yuan(rng.choice((0, 1, 50, rng.randint(1, 5000))))
                rows.append(self.line(ticket, number, payer, due["insutype"], part, max(1, paid), on, where, **more))
                number += rng.choice((1, 1, 8))
                if self.chance(0.1):
                    on = self.day_of(period)
        return rows

    def special(self, period: str, books: Books, today: Sequence[Row]) -> list[Row]:
        """滞纳金单列、居民、灵活就业、不认识的、重复的、冲减."""
        rng = self.rng
        rows: list[Row] = []
        payers = [str(u["uscc"]) for u in self.units]
        flexible = [str(r["certno"]) for r in self.inbox.snapshot("persons", period)[1] if r["psn_type"] == "1103"]
        for _ in range(rng.choice((0, 2, 4))):
            kind = rng.choice(
                ("late", "late", "late_back", "resident", "unknown_levy", "unknown_payer", "flexible", "civil")
            )
            payer, paid, on = rng.choice(payers), rng.randint(1, 20000), self.day_of(period)
            ticket, where, number = self.ticket(), "64010000000", 1
            if today and self.chance(0.4):
                other = rng.choice(today)
                ticket, number, on, where = (
                    str(other["elec_taxrpt_no"]),
                    50 + len(rows),
                    date.fromisoformat(str(other["intsury_time"])),
                    str(other["treasury_code"]),
                )
            if kind == "late":
                rows.append(self.line(ticket, number, payer, "310", "any", paid, on, where, levy_attr="滞纳金"))
            elif kind == "late_back":
                rows.append(self.line(ticket, number, payer, "310", "any", -paid, on, where, levy_attr="滞纳金"))
            elif kind == "resident":
                rows.append(
                    self.line(
                        ticket,
                        number,
                        payer,
                        rng.choice(("城乡居民基本医疗保险费", "城乡居民大额")),
                        "any",
                        paid,
                        on,
                        where,
                    )
                )
            elif kind == "unknown_levy":
                rows.append(self.line(ticket, number, payer, "工伤保险费", "emp", paid, on, where))
            elif kind == "unknown_payer":
                bill = rng.choice((None, None, None, *(k[0] for k in books.dues)))
                rows.append(
                    self.line(
                        ticket,
                        number,
                        uscc(rng),
                        "310",
                        "any",
                        paid,
                        on,
                        where,
                        accrym_begn=ym(period),
                        clct_bill_id=bill,
                    )
                )
            elif kind == "civil":
                rows.append(
                    self.line(ticket, number, payer, "公务员医疗补助", "any", paid, on, where, accrym_begn=ym(period))
                )
            elif flexible:
                rows.append(self.line(ticket, number, rng.choice(flexible), "310", "any", paid, on, where))
        if self.books.tied and self.chance(0.4):
            for old in rng.sample(self.books.tied, min(len(self.books.tied), rng.choice((1, 2)))):
                row = self.line(
                    old["ticket"],
                    old["line"],
                    old["taxpayer"],
                    "310",
                    "any",
                    old["paid"] + rng.choice((0, 0, 5)) or 1,
                    old["on"],
                    old["treasury"],
                )
                rows.append(row)
        booked: Counter[tuple[str, str]] = Counter()
        for entry in books.applied:
            if entry["ticket"]:
                booked[entry["ticket"], entry["insutype"]] += entry["left"]
        for lot in books.lots:
            if lot["ticket"]:
                booked[lot["ticket"], lot["insutype"]] += lot["amt"]
        choices = sorted(booked)
        choices += [(str(r["elec_taxrpt_no"]), levy(str(r["levy_subitem_name"]))[0] or "310") for r in today[-6:]]
        owner = {line["ticket"]: line["taxpayer"] for line in self.books.tied}
        owner |= {str(r["elec_taxrpt_no"]): r["taxpayer_no"] for r in today}
        for _ in range(rng.choice((0, 1, 2, 3)) if choices else 0):
            ticket, insutype = rng.choice(choices)
            left = booked[ticket, insutype] or rng.randint(1, 20000)
            paid = rng.choice((left, left, max(1, left // 2), left + 1, max(1, left // 3)))
            rows.append(
                self.line(
                    self.ticket(),
                    1,
                    owner.get(ticket) or rng.choice(payers),
                    insutype if insutype in LEVY else "310",
                    "any",
                    -paid,
                    self.day_of(period),
                    "64010000000",
                    levy_attr="退库",
                    org_taxrpt_no=rng.choice((ticket,) * 9 + (None, "T-none")),
                    latefee=rng.choice((None, None, "-0.50")),
                )
            )
        return rows

    def statement_rows(self, lines: Sequence[dict[str, Any]]) -> list[Row]:
        """国库对账单：多数对得上，有的错、有的晚来、后来的行更正以前的."""
        rng = self.rng
        truth: dict[tuple[str | None, ...], tuple[int, int]] = {}
        place: dict[str, tuple[str, str]] = {}
        for line in lines:
            where = place.setdefault(line["ticket"], (line["treasury"], line["on"].isoformat()))
            if self.listed.get(line["ticket"]):
                key: tuple[str | None, ...] = (*where, line["insutype"], line["ticket"])
            else:
                key = (line["treasury"], line["on"].isoformat(), line["insutype"], None)
            received, returned = truth.get(key, (0, 0))
            amt = line["paid"] + line["late"]
            truth[key] = (received + max(0, amt), returned + max(0, -amt))
        rows: dict[tuple[str | None, ...], tuple[int, int]] = {}
        for key, amounts in truth.items():
            told = self.statement.get(key)
            if told == amounts:
                continue
            luck = rng.random()
            if luck < 0.07:
                continue
            rows[key] = amounts if luck > 0.14 else (amounts[0] + rng.choice((1, 100)), amounts[1])
        if self.chance(0.25):
            rows["64010000000", "2026-11-30", rng.choice(("310", "330")), rng.choice((None, "T-only"))] = (
                rng.randint(1, 99999),
                0,
            )
        self.statement.update(rows)
        return [
            {
                "treasury_code": k[0],
                "stmt_date": k[1],
                "insutype": k[2],
                "elec_taxrpt_no": k[3],
                "intsury_amt": yuan(v[0]),
                "refd_amt": yuan(v[1]),
            }
            for k, v in rows.items()
        ]

    def prepare_reconcile(self, index: int) -> dict[str, list[Row]]:
        """一个月对账用的来件，并让模型对账."""
        period = self.months[index]
        now = copy.deepcopy(self.books)
        Month(self.inbox, self.policy, period, self.assessed, now).open_dues()
        arrivals = self.payments(period, now)
        arrivals += self.special(period, now, arrivals)
        unique = {(r["elec_taxrpt_no"], r["line_no"]): r for r in arrivals}
        arrivals = list(unique.values())
        if not arrivals:
            arrivals = [
                self.line(self.ticket(), 1, uscc(self.rng), "310", "any", 100, self.day_of(period), "64010000000")
            ]
        new: dict[str, list[Row]] = {"tax_arrivals": arrivals}
        self.inbox.put(period, "tax_arrivals", arrivals)
        trial = copy.deepcopy(self.books)
        Month(self.inbox, self.policy, period, self.assessed, trial).lines()
        rows = self.statement_rows(trial.tied)
        if not rows:
            rows = [
                {
                    "treasury_code": "64010000000",
                    "stmt_date": f"{period}-01",
                    "insutype": "310",
                    "elec_taxrpt_no": None,
                    "intsury_amt": "0.01",
                    "refd_amt": "0.00",
                }
            ]
        new["treasury_statement"] = rows
        self.inbox.put(period, "treasury_statement", rows)
        trial = copy.deepcopy(self.books)
        done = reconcile(self.inbox, self.policy, period, self.assessed, trial)
        decisions = self.decision_rows(done.unit_credits)
        if decisions:
            new["credit_decisions"] = decisions
            self.inbox.put(period, "credit_decisions", decisions)
        self.reconciled[period] = reconcile(self.inbox, self.policy, period, self.assessed, self.books)
        return new

    def decision_rows(self, credits: dict[tuple[str, str], int]) -> list[Row]:
        """多缴处理决定."""
        rng = self.rng
        rows: list[Row] = []
        for (emp, insutype), amt in sorted(credits.items()):
            if amt > 0 and self.chance(0.5):
                for part in rng.choice(((amt,), (amt // 2 or 1,), (amt + 1,), (amt // 3 or 1, amt // 3 or 1, amt))):
                    self.serial += 1
                    rows.append(
                        {
                            "decision_sn": f"Z{self.serial:06d}",
                            "emp_no": emp,
                            "insutype": insutype,
                            "action": rng.choice(("apply", "apply", "refund")),
                            "amt": yuan(part),
                            "memo": "决定",
                        }
                    )
        return rows

    def total_check(self) -> int:
        """全部到账的元数（给脚本看规模）."""
        return sum(fen(r["paid_amt"]) for m in self.months for r in self.inbox.feed("tax_arrivals", m))
