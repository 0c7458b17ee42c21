"""随机的救助经办机构 (persons, identities, stays, refunds and claims of some months across the year end, from a seed)."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from plain_assist import CAP, OTHER_CAP, START, TIERS, TILT_CAP, TILT_START, Assisted, assist
from plain_common import Inbox, Policy, Row, fen, last_day, month_add, yuan
from random_agency import certno

CODES = ("2304", "236001", "2303", "236002", "236003", "2305", "236004", "2306")
SILENT = ("2101", "2104", "2360")
OTHER = ("2302", "2301", "2307", "2308")
BENEFIT = ("21", "21", "22", "23", "24", "28", "2101", "14", "140104", "140201")
EDGES = (-2, -1, 0, 0, 1, 2)


class Office:
    """逐月出来件，模型跟着算."""

    def __init__(self, seed: int) -> None:
        self.rng = rng = Random(seed)
        first = rng.choice(("2026-01", "2026-03", "2026-09", "2026-10", "2026-10", "2026-11", "2026-11", "2026-12"))
        self.months = [month_add(first, i) for i in range(rng.choice((3, 4, 5, 6)))]
        self.policy: Policy = {}
        self.ten = rng.random() < 0.3
        if self.ten or rng.random() < 0.3:
            self.policy = {"assistance.out_fil_type_10_is_referred": [(date(2023, 9, 1), str(self.ten).lower())]}
        self.inbox = Inbox()
        self.results: dict[str, Assisted] = {}
        self.payouts: list[dict[str, Any]] = []
        self.people: list[Row] = []
        for i in range(rng.randint(3, 8)):
            self.people.append(
                {
                    "certno": certno(rng),
                    "psn_no": f"P{i}" if self.chance(0.5) else f"000{i:07d}",
                    "psn_name": rng.choice(("张伟", "李娜", "王芳")),
                    "insu_admdvs": rng.choice(("640104", "640121", "649900", "640199", "610100")),
                    "hukou_admdvs": rng.choice(("640104", "640300", "640422")),
                }
            )
        self.serial = 0
        self.pending: list[Row] = []

    def chance(self, p: float) -> bool:
        """以 p 的机会."""
        return self.rng.random() < p

    def number(self, letter: str) -> str:
        """一个编号：排序不随时间."""
        self.serial += 1
        return self.rng.choice((f"{letter}{self.serial}", f"{letter}{self.rng.randrange(10**6)}x{self.serial}"))

    def within(self, begin: date, end: date) -> date:
        """一天."""
        return begin + timedelta(days=self.rng.randint(0, max(0, (end - begin).days)))

    # ---- 身份 ----

    def identity(self, person: Row, period: str) -> Row:
        """一条身份：开始或结束常在某次住院的边上."""
        rng = self.rng
        kind = rng.choice(CODES if self.chance(0.8) else SILENT if self.chance(0.5) else OTHER)
        stays = [i for i in self.known() if i["certno"] == person["certno"]]
        begin = self.within(date(int(period[:4]) - 2, 6, 1), last_day(period))
        if stays and self.chance(0.5):
            stay = rng.choice(stays)
            begin = date.fromisoformat(str(stay[rng.choice(("begndate", "enddate"))])) + timedelta(rng.choice(EDGES))
        end: date | None = None
        if self.chance(0.4):
            end = begin + timedelta(days=rng.choice((0, 1, 10, 100, 400)))
            if stays and self.chance(0.5):
                stay = rng.choice(stays)
                edge = date.fromisoformat(str(stay[rng.choice(("begndate", "enddate"))])) + timedelta(rng.choice(EDGES))
                end = max(begin, edge)
        return {
            "certno": person["certno"],
            "mat_idet_code": kind,
            "begntime": begin.isoformat(),
            "psn_no": person["psn_no"] if self.chance(0.5) else None,
            "endtime": end.isoformat() if end else None,
            "mat_data_souc": rng.choice(("1", "2", "9")),
            "hukou_admdvs": person["hukou_admdvs"],
            "tram_date": self.within(date.fromisoformat(f"{period}-01"), last_day(period)).isoformat(),
        }

    def identity_rows(self, index: int) -> list[Row]:
        """新的、晚来的和改过的身份."""
        rng, period = self.rng, self.months[index]
        rows: list[Row] = []
        for person in self.people:
            chance = 0.75 if index == 0 else 0.12
            rows += [self.identity(person, period) for _ in range(rng.choice((1, 1, 2, 3))) if self.chance(chance)]
        for row in self.every("assistance_identities", index):
            if self.chance(0.08):
                begin = date.fromisoformat(str(row["begntime"]))
                end = rng.choice((None, begin, begin + timedelta(days=rng.choice((3, 30, 200)))))
                rows.append({**row, "endtime": end.isoformat() if end else None, "hukou_admdvs": "640402"})
        unique = {(r["certno"], r["mat_idet_code"], r["begntime"]): r for r in rows}
        return list(unique.values())

    def every(self, contract: str, index: int) -> list[Row]:
        """以前各月送来的."""
        return [r for m in sorted(self.inbox.months) if m < self.months[index] for r in self.inbox.feed(contract, m)]

    def known(self) -> list[Row]:
        """已送来的结算和申请."""
        return [
            r
            for month in self.inbox.months.values()
            for name in ("settlements", "assistance_claims")
            for r in month.get(name, [])
            if r.get("refd_setl_flag") != "1"
        ]

    # ---- 费用 ----

    def amount(self, certificate: str, year: int, period: str) -> int:
        """一个基数：常使累计正好落在起付线或限额上，或差一两分."""
        rng = self.rng
        if self.chance(0.45):
            return rng.choice((0, 1, 3, rng.randint(1, 400_000), rng.randint(1, 400_000), rng.randint(1, 3_000_000)))
        if self.chance(0.15):
            return rng.choice((CAP, CAP * 10 // 8, OTHER_CAP, 23_157_143, 27_000_000, 40_000_000)) + rng.choice(EDGES)
        now = assist(self.inbox, period, self.payouts, self.ten)
        mine = [i for i in now.everything if i["certno"] == certificate and i["begndate"].year == year and i["counts"]]
        wanted = rng.choice((1, 2, 3, 4, 5))
        if wanted <= 2:
            mine = [i for i in mine if i["tier"] <= 2]
            left = CAP - sum(i["ordinary"] for i in mine)
            remains = mine[-1]["run_after"] if mine else 0
            tilt = TILT_CAP - sum(i["tilt"] for i in mine)
            goal = rng.choice((left, left * 10 // 8, (TILT_START - remains) * 5, tilt * 10 // 7 + left, TILT_START))
        else:
            mine = [i for i in mine if i["tier"] > 2]
            base = mine[-1]["run_after"] if mine else 0
            left = OTHER_CAP - sum(i["ordinary"] for i in mine)
            start = START[wanted]
            goal = rng.choice(
                (start - base, start - base, left * 10 // 7, left * 10 // 6, left * 10 // 7 + start - base)
            )
        return max(0, goal + rng.choice(EDGES)) if goal > 0 else rng.randint(1, 900_000)

    def stay(self, period: str) -> tuple[str, date, date, str]:
        """医疗类别、起止、结算时间."""
        rng = self.rng
        first = date.fromisoformat(f"{period}-01")
        settled = self.within(first, last_day(period)) - timedelta(days=rng.choice((0,) * 9 + (31,)))
        end = max(settled - timedelta(days=rng.choice((0, 0, 0, 1, 5, 40))), date(2024, 1, 2))
        begin = end - timedelta(days=rng.choice((0, 0, 1, 3, 10, 20, 45, 60, 400 if self.chance(0.2) else 2)))
        kind = rng.choice(BENEFIT) if self.chance(0.93) else rng.choice(("11", "41", "52", "13"))
        if kind.startswith("14") and self.chance(0.8):
            begin = end
        clock = rng.choice(("", " 08:00:00", " 08:00:01", " 23:59:59", " 12:30:00"))
        return kind, begin, end, settled.isoformat() + clock

    def where(self) -> Row:
        """地点、备案、急诊."""
        rng = self.rng
        if self.chance(0.6):
            return {"pay_loc": rng.choice(("1", "2", "3")), "out_fil_type": None, "emer_flag": None}
        return {
            "pay_loc": rng.choice(("1", "2", "3", "4", "4")),
            "out_fil_type": rng.choice((None, None, "02", "06", "07", "08", "09", "10", "11", "11")),
            "emer_flag": rng.choice((None, "0", "0", "1")),
        }

    def funds(self, base: int) -> dict[str, str | None]:
        """范围内费用与各项保险支付：差额为基数；偶尔保险付得比范围内还多."""
        rng = self.rng
        paid = [rng.choice((0, rng.randint(0, 500_000))) for _ in range(6)]
        inside = base + sum(paid) if base or self.chance(0.7) else max(0, sum(paid) - rng.randint(0, 300))
        names = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "hifdm_pay")
        return {
            "inscp_scp_amt": yuan(inside),
            "medfee_sumamt": yuan(inside + rng.choice((0, 12345))),
            **{n: yuan(p) for n, p in zip(names, paid, strict=True)},
        }

    def settlement(self, period: str) -> Row:
        """一笔结算；一站式有时按当时知道的身份付，有时不付，有时乱付."""
        rng = self.rng
        person = rng.choice(self.people)
        kind, begin, end, settled = self.stay(period)
        row: Row = {
            "setl_id": self.number("S"),
            "refd_setl_flag": "0",
            **dict.fromkeys(("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "act_pay_dedc"), "0.00"),
            **self.funds(self.amount(str(person["certno"]), begin.year, period)),
            "maf_pay": "0.00",
            "oth_pay": "0.00",
            **dict.fromkeys(("acct_pay", "psn_cash_pay", "acct_mulaid_pay", "hosp_part_amt"), "0.00"),
            "psn_no": person["psn_no"],
            "psn_name": person["psn_name"],
            "certno": person["certno"],
            "fixmedins_code": "H64010000001",
            "insutype": rng.choice(("310", "390")),
            "med_type": kind,
            "clr_type": "21",
            "clr_optins": "640100",
            "setl_type": "2",
            "begndate": begin.isoformat(),
            "enddate": end.isoformat(),
            "setl_time": settled,
            **self.where(),
            "org_setl_id": None,
            "insu_admdvs": person["insu_admdvs"],
        }
        if self.chance(0.4):
            row["maf_pay"] = yuan(self.one_stop(row, period))
        row["fund_pay_sumamt"] = yuan(
            sum(fen(row[k]) for k in row if k in ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay"))
            + fen(row["hifdm_pay"])
            + fen(row["maf_pay"])
        )
        row["psn_part_amt"] = yuan(fen(row["medfee_sumamt"]) - fen(row["fund_pay_sumamt"]))
        row["psn_cash_pay"] = row["psn_part_amt"]
        return row

    def one_stop(self, row: Row, period: str) -> int:
        """一站式金额：照算、照算差一点、或随意."""
        rng = self.rng
        if self.chance(0.2):
            return rng.choice((1, 100, rng.randint(1, 600_000)))
        self.inbox.put(period, "settlements", [row])
        now = assist(self.inbox, period, self.payouts, self.ten)
        self.inbox.months[period]["settlements"].pop()
        (item,) = [i for i in now.everything if i["key"] == row["setl_id"]] or [{"ordinary": 0, "tilt": 0}]
        right = item["ordinary"] + item["tilt"]
        return max(0, rng.choice((right, right, right, right - 1, right + 1, item["ordinary"], right // 2)))

    def refund(self, row: Row, period: str) -> Row:
        """退费：金额为负，同号或另起号."""
        same = self.chance(0.5)
        amounts = {
            k: yuan(-fen(v))
            for k, v in row.items()
            if k.endswith(("_pay", "_amt", "_sumamt", "_dedc", "selfpay")) and v is not None
        }
        return {
            **row,
            **amounts,
            "refd_setl_flag": "1",
            "setl_id": row["setl_id"] if same else self.number("R"),
            "org_setl_id": None if same and self.chance(0.3) else row["setl_id"],
            "setl_time": self.within(
                max(date.fromisoformat(f"{period}-01"), date.fromisoformat(str(row["setl_time"])[:10])),
                last_day(period),
            ).isoformat(),
        }

    def corrected(self, row: Row) -> Row:
        """重新送来、有改动的一笔."""
        rng = self.rng
        more = rng.choice((-100, -1, 1, 250_000))
        inside = max(0, fen(row["inscp_scp_amt"]) + more)
        return {
            **row,
            "inscp_scp_amt": yuan(inside),
            "maf_pay": rng.choice((row["maf_pay"], "0.00")),
            "out_fil_type": rng.choice((row["out_fil_type"], "06", "11")),
            "enddate": row["enddate"],
        }

    def settlement_rows(self, index: int) -> list[Row]:
        """一个月的结算和退费."""
        rng, period = self.rng, self.months[index]
        rows: list[Row] = []
        earlier = [r for r in self.every("settlements", index) if r["refd_setl_flag"] == "0"]
        gone = {
            r["org_setl_id"] or r["setl_id"] for r in self.every("settlements", index) if r["refd_setl_flag"] == "1"
        }
        self.inbox.put(period, "settlements", [])
        for _ in range(rng.choice((0, 3, 6, 10, 14))):
            rows.append(self.settlement(period))
            self.inbox.put(period, "settlements", rows[-1:])
        if self.chance(0.5):
            rows += self.pending
            self.inbox.put(period, "settlements", self.pending)
            self.pending = []
        for row in earlier:
            if row["setl_id"] not in gone and self.chance(0.03) and row["setl_id"] not in {r["setl_id"] for r in rows}:
                rows.append(dict(row) if self.chance(0.3) else self.corrected(row))
                self.inbox.put(period, "settlements", rows[-1:])
        newest = {str(r["setl_id"]): r for r in [*earlier, *rows] if r["refd_setl_flag"] == "0"}
        for row in newest.values():
            if row["setl_id"] not in gone and self.chance(0.06):
                rows.append(self.refund(row, period))
                self.inbox.put(period, "settlements", rows[-1:])
        return rows

    # ---- 申请 ----

    def claim(self, period: str, earlier: list[Row]) -> Row:
        """一件申请：多数指名一笔结算，有的没有结算，有的结算还没送来."""
        rng = self.rng
        taken = {r["setl_id"] for m in self.inbox.months.values() for r in m.get("assistance_claims", [])}
        free = [r for r in earlier if r["setl_id"] not in taken or self.chance(0.08)]
        row: dict[str, str | None]
        if free and self.chance(0.75):
            row = dict(rng.choice(free))
        else:
            row = self.settlement(period)
            if self.chance(0.3):
                self.pending.append(dict(row))
            elif self.chance(0.8):
                row["setl_id"] = None
        person = next(p for p in self.people if p["certno"] == row["certno"])
        names = ("certno", "psn_name", "med_type", "begndate", "enddate", "setl_time", "pay_loc", "setl_id")
        more = ("medfee_sumamt", "inscp_scp_amt", "out_fil_type", "emer_flag")
        funds = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "hifdm_pay")
        own = row["setl_id"] not in {r["setl_id"] for r in earlier}
        return {
            "clm_sn": self.number("C"),
            "clm_way": rng.choice(("3", "3", "3", "4", "4", "1", "2")),
            **{k: row[k] for k in (*names, *more)},
            **{k: None if row[k] == "0.00" and self.chance(0.5) else row[k] for k in funds},
            "psn_no": person["psn_no"] if own or self.chance(0.7) else None,
            "insu_admdvs": person["insu_admdvs"] if self.chance(0.8) else None,
            "hukou_admdvs": person["hukou_admdvs"],
            "crtf_docno": rng.choice((None, "民认〔2026〕3号", "证明7")),
            "invono": None,
            "rcvd_date": last_day(period).isoformat(),
        }

    def claim_rows(self, index: int) -> list[Row]:
        """一个月的申请；有的补来证明."""
        rng, period = self.rng, self.months[index]
        rows: list[Row] = []
        earlier = [r for r in self.known() if r.get("refd_setl_flag") == "0"]
        for _ in range(rng.choice((0, 2, 4, 7))):
            rows.append(self.claim(period, earlier))
            self.inbox.put(period, "assistance_claims", rows[-1:])
        for row in self.every("assistance_claims", index):
            if row["clm_way"] == "4" and not row["crtf_docno"] and self.chance(0.3):
                again: Row = {**row, "crtf_docno": "补来的证明"}
                if again["clm_sn"] not in {r["clm_sn"] for r in rows}:
                    rows.append(again)
                    self.inbox.put(period, "assistance_claims", [again])
        return rows

    def opening_rows(self, period: str) -> list[Row]:
        """年中开始时已付的."""
        rng = self.rng
        return [
            {
                "certno": p["certno"],
                "year": rng.choice((period[:4], period[:4], str(int(period[:4]) - 1))),
                "ordinary_amt": yuan(rng.choice((0, 1, rng.randint(0, 300_000), rng.randint(0, 5_000_000)))),
                "tilt_amt": yuan(rng.choice((0, 0, rng.randint(0, 900_000)))),
            }
            for p in self.people
            if self.chance(0.3)
        ]

    # ---- 一个月 ----

    def prepare(self, index: int) -> dict[str, dict[str, list[Row]]]:
        """本月（头一个月连同以前月份）的来件，并让模型算."""
        period, new = self.months[index], {}
        if index == 0 and self.chance(0.5):
            for back in range(self.rng.choice((1, 3, 12)), 0, -1):
                month = month_add(period, -back)
                rows = []
                for _ in range(self.rng.choice((0, 1, 3))):
                    rows.append(self.settlement(month))
                    self.inbox.put(month, "settlements", rows[-1:])
                if rows:
                    new[month] = {"settlements": rows}
        found = {"settlements": self.settlement_rows(index)}
        identity = self.identity_rows(index)
        if identity or index == 0:
            self.inbox.put(period, "assistance_identities", identity)
            found["assistance_identities"] = identity
        claims = self.claim_rows(index)
        if claims:
            found["assistance_claims"] = claims
        if index == 0 or self.chance(0.05):
            opening = self.opening_rows(period) if self.chance(0.5) else []
            if opening:
                self.inbox.put(period, "opening_assistance", opening)
                found["opening_assistance"] = opening
        new[period] = found
        self.results[period] = assist(self.inbox, period, self.payouts, self.ten, tuple(self.results))
        self.payouts += self.results[period].payouts
        return new


assert set(CODES) == set(TIERS)
