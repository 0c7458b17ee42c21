"""回盘判定的独立写法 (one key at a time, plain Python): used to check nxmed.payouts.returns.judge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]


def content(row: Row) -> tuple[Any, ...]:
    return tuple(row[c] for c in ("pay_stas", "tran_date", "bank_sn", "ret_code", "pay_fail_desc"))


def fault(row: Row, line: Row | None) -> str | None:
    if line is None:
        return "RETURN_UNKNOWN"
    if line["batch_state"] not in ("exported", "closed"):
        return "RETURN_UNSENT"
    if row["pay_stas"] not in ("0", "1", "2", "3"):
        return "RETURN_STATUS"
    allowed = {None, line["amt"]} | ({0} if row["pay_stas"] in "01" else set())
    if row["ret_amt"] not in allowed or row["dfr_sumamt"] not in (None, line["amt"]):
        return "RETURN_AMOUNT"
    return None


def plain(lines: Sequence[Row], rows: Sequence[Row], before: Sequence[Row]) -> tuple[dict[str, str], set[Any], set[Any]]:
    """→ new states of lines that change, accepted answers (pay_sn, *content), refused rows (src_row, code)."""
    by_key = {(x["bat_no"], x["pay_sn"]): x for x in lines}
    refused: set[Any] = set()
    states: dict[str, str] = {}
    accepted: set[Any] = set()
    for key in {(r["bat_no"], r["pay_sn"]) for r in rows}:
        line = by_key.get(key)
        had = [b for b in before if (b["bat_no"], b["pay_sn"]) == key]
        known = {content(b) for b in had}
        finals_had = {b["pay_stas"]: b for b in had if b["pay_stas"] != "0"}
        waiting, candidates = [], []
        for row in (r for r in rows if (r["bat_no"], r["pay_sn"]) == key):
            bad = fault(row, line)
            if bad is not None:
                refused.add((row["src_row"], bad))
            if bad in ("RETURN_UNKNOWN", "RETURN_UNSENT", "RETURN_STATUS"):
                continue
            if bad is None and content(row) in known:
                continue
            if row["pay_stas"] == "0":
                if bad is None:
                    waiting.append(row)
                continue
            candidates.append((row, bad))
        kinds = {s: {content(r) + ((r["ret_amt"], r["dfr_sumamt"]) if b else ()) for r, b in candidates if r["pay_stas"] == s}
                 for s in "123"}
        clash = []
        for row, _ in candidates:
            stas = row["pay_stas"]
            wrong = len(kinds[stas]) > 1
            if kinds["2"] and (kinds["1"] or kinds["3"]):
                wrong = True
            if stas in finals_had or (stas == "2" and finals_had) or "2" in finals_had:
                wrong = True
            clash.append(wrong)
        good = [r for (r, b), w in zip(candidates, clash, strict=True) if b is None and not w]
        paid = [d for r in [*good, *finals_had.values()] if r["pay_stas"] == "1" and (d := r["tran_date"]) is not None]
        back = [d for r in [*good, *finals_had.values()] if r["pay_stas"] == "3" and (d := r["tran_date"]) is not None]
        backwards = bool(paid and back and max(paid) > min(back))
        for (row, bad), wrong in zip(candidates, clash, strict=True):
            if bad is None and (wrong or (backwards and row["pay_stas"] in "13")):
                refused.add((row["src_row"], "RETURN_REPEATED"))
        final = [r for r in good if not (backwards and r["pay_stas"] in "13")]
        for row in final:
            accepted.add((row["pay_sn"], *content(row)))
        assert line is not None or not final
        told = {r["pay_stas"] for r in final}
        if "3" in told:
            states[key[1]] = "returned"
        elif "2" in told:
            states[key[1]] = "failed"
        elif "1" in told and "3" not in finals_had:
            states[key[1]] = "paid"
        elif waiting and not told and line is not None and line["state"] == "pending":
            states[key[1]] = "in_progress"
    return states, accepted, refused
