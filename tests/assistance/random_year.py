"""Random years of assistance over several months: every class, tier and cap, late identities, refunds, corrections."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

from tests.assistance.year import Row, claim, identity, refund, stay

MONTHS = ["2025-11", "2025-12", "2026-01", "2026-02", "2026-03"]
CODES = ["2304", "236001", "2303", "236002", "236003", "2305", "236004", "2306", "2302", "2101", "2160", "2360", "2301", "2308"]
NEAR = [1, 2, 5, 299_999, 300_000, 300_001, 499_999, 500_000, 700_000, 700_001, 1_500_000, 5_000_000, 5_000_001, 6_250_000,
        21_014_285, 23_157_143, 27_366_666]


def amount(rng: random.Random) -> int:
    kind = rng.random()
    if kind < 0.3:
        return rng.choice(NEAR)
    if kind < 0.5:
        return rng.randint(0, 300)
    return rng.randint(0, 9_000_000 if kind < 0.9 else 40_000_000)


def when(rng: random.Random, month: str) -> tuple[date, date, datetime]:
    last = date.fromisoformat(f"{month}-01") + timedelta(days=rng.randrange(28))
    begin = last - timedelta(days=rng.choice([0, 0, 1, 3, 10, 40]))
    at = datetime(last.year, last.month, last.day, rng.choice([9, 9, 10]), rng.choice([0, 0, 30]))
    return begin, last, at


def make(seed: int, persons: int = 12) -> list[tuple[str, dict[str, list[Row]]]]:
    """Months of files: settlements, claims, identities, opening."""
    rng = random.Random(seed)
    made: list[tuple[str, dict[str, list[Row]]]] = []
    seen: list[Row] = []
    claims: list[Row] = []
    held: list[Row] = []
    number = 0
    for month in MONTHS:
        files: dict[str, list[Row]] = {"settlements": [], "claims": [], "identities": [], "opening": []}
        used: set[Any] = set()
        for n in range(persons):
            psn = f"{n:02d}"
            if rng.random() < (0.7 if month == MONTHS[0] else 0.15):
                begin = date(2025, 1, 1) + timedelta(days=rng.choice([0, 200, 300, 340, 365, 380, 400]))
                end = None if rng.random() < 0.5 else begin + timedelta(days=rng.randrange(300))
                row = identity(rng.choice(CODES), psn, begin.isoformat(), end.isoformat() if end else None,
                               push=f"{month}-{rng.randint(1, 28):02d}" if rng.random() < 0.8 else "2025-06-01")
                if held and rng.random() < 0.15:  # the register says an earlier row anew, with another end
                    row = {**rng.choice(held), "endtime": end, "inbox_month": None}
                    row.pop("inbox_month")
                    row["endtime"] = None if end is None or end < row["begntime"] else end
                key = (row["certno"], row["mat_idet_code"], row["begntime"])
                if key not in used:
                    used.add(key)
                    files["identities"].append(row)
                    held.append(row)
            for _ in range(rng.choice([0, 0, 1, 1, 2, 4])):
                number += 1
                begin, last, at = when(rng, month)
                base = amount(rng)
                insured = {c: rng.randint(0, 50_000) for c in ("hifp_pay", "hifmi_pay", "hifob_pay") if rng.random() < 0.3}
                row = stay(f"S{rng.randrange(10):d}{number:04d}", "0.00", psn=psn) | {
                    "begndate": begin, "enddate": last, "setl_time": at, "inscp_scp_amt": base + sum(insured.values()),
                    **insured, "maf_pay": rng.choice([0, 0, 0, base, base // 2, base * 8 // 10, 12_345]),
                    "med_type": rng.choice(["21", "21", "21", "24", "14", "140104", "2601", "11", "52"]),
                    "pay_loc": rng.choice(["2", "2", "2", "3", "4"]), "emer_flag": rng.choice(["0", "0", "0", "1", None]),
                    "out_fil_type": rng.choice([None, None, None, "06", "10", "11", "02"]),
                    "insu_admdvs": rng.choice(["640104", "640104", "640422", "620102"])}
                if rng.random() < 0.03:
                    row["inscp_scp_amt"] = 100
                files["settlements"].append(row)
        for row in list(files["settlements"]) + seen:
            draw = rng.random()
            if draw < 0.07:
                own = None if rng.random() < 0.5 else f"R{row['setl_id']}"
                back = refund(row, own, at=f"{month}-28")
                if not any(r["setl_id"] == back["setl_id"] and r["refd_setl_flag"] == "1" for r in files["settlements"]):
                    files["settlements"].append(back)
            elif draw < 0.1 and row in seen:  # delivered again with other content
                again = {**row, "inscp_scp_amt": amount(rng), "med_type": rng.choice([row["med_type"], "21", "14"])}
                files["settlements"].append(again)
            if rng.random() < 0.25:
                claims.append(claim(f"M{month[2:4]}{month[5:]}{len(claims):04d}", row, way=rng.choice(["3", "3", "4", "4", "1"]),
                                    crtf_docno=rng.choice([None, "证〔2026〕1号"]), rcvd_date=date.fromisoformat(f"{month}-20"),
                                    hukou_admdvs=rng.choice(["640104", "640422", "620102"])))
                files["claims"].append(claims[-1])
        for n in range(persons):
            if rng.random() < 0.12:
                begin, last, at = when(rng, month)
                row = claim(f"N{month[2:4]}{month[5:]}{n:04d}", None, psn=f"{n:02d}", way=rng.choice(["3", "4"])) | {
                    "begndate": begin, "enddate": last, "setl_time": at, "inscp_scp_amt": amount(rng), "hifp_pay": None,
                    "setl_id": rng.choice([None, f"X{n % 3}"]), "insu_admdvs": rng.choice([None, "640104", "620102"]),
                    "psn_no": rng.choice([None, f"P{n:02d}"]), "crtf_docno": rng.choice([None, "证"]),
                    "rcvd_date": date.fromisoformat(f"{month}-21"), "med_type": rng.choice(["21", "14", "11"])}
                files["claims"].append(row)
        if month == MONTHS[0] and rng.random() < 0.5:
            for n in range(0, persons, 3):
                files["opening"].append({"certno": f"C{n:02d}", "year": 2025, "ordinary_amt": amount(rng) // 3, "tilt_amt": amount(rng) // 9})
        latest = {r["setl_id"]: r for r in (*seen, *files["settlements"]) if r["refd_setl_flag"] == "0"}
        seen = list(latest.values())
        made.append((month, files))
    return made
