"""跑真的 nxmed settle，逐格与平实模型比."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from agency_files import write_file
from plain_common import Row, yuan
from plain_reprice import Repriced, reprice
from plain_settle import FUNDS, Settled
from random_clinic import Clinic
from run_and_compare import command, differences, table

KEYED = {
    "AMOUNT_IDENTITY", "STATEMENT_INCONSISTENT", "FUND_UNKNOWN", "OUT_OF_AGREEMENT", "MATERNITY_FLAG_MISSING", "LARGE_FEE",
    "REPRICE_DIFF",
}  # fmt: skip
OPTIONAL = {
    "settlements": ("booking_flag", "cop_flag"),
    "provider_details": ("insutype", "clr_type"),
}


def put(folder: Path, period: str, new: dict[str, list[Row]], rng: Random, simple: bool) -> None:
    """写进收件箱；同一笔重复的明细在一个文件里."""
    for name, every in new.items():
        rows = [r for r in every if not r.get("zipped")]
        for code in sorted({str(r["zipped"]) for r in every if r.get("zipped")}):
            zipped(
                folder / "inbox" / period / f"机构结算明细_{code}.zip", [r for r in every if r.get("zipped") == code]
            )
        if every and not rows:
            continue
        parts = 1 if simple or name == "provider_details" or len(rows) < 4 else rng.choice((1, 1, 2))
        for n in range(parts):
            write_file(
                folder / "inbox" / period, name, rows[n::parts], rng, suffix=f"_{n + 1}" if parts > 1 else "",
                simple=simple, extra=OPTIONAL.get(name, ()),
            )  # fmt: skip


def zipped(path: Path, rows: list[Row]) -> None:
    """3202 的无表头文本：TAB 分隔，空值写 null."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = ("setl_id", "mdtrt_id", "psn_no", "medfee_sumamt", "fund_pay_sumamt", "acct_pay", "refd_setl_flag")
    text = "".join("\t".join([*(str(r[c]) for c in names), "null"]) + "\n" for r in rows)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("detail.txt", text)


def compare(folder: Path, want: Settled, priced: Repriced | None) -> list[str]:
    """每一张表."""
    p, bad = want.period, list[str]()

    def read(name: str) -> list[dict[str, Any]]:
        return table(folder, "settle", p, name)

    three = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")
    four = (*three, "cnt")
    bad += differences(
        "group",
        [
            (*g, mine, theirs, tuple(b - a for a, b in zip(mine, theirs, strict=True)) if theirs else None)
            for g, (mine, theirs) in want.groups.items()
        ],
        [
            (
                *(r[c] for c in ("fixmedins_code", "clr_optins", "insutype", "clr_type")),
                tuple(r[f"agency_{c}"] for c in four),
                tuple(r[f"provider_{c}"] for c in four) if r["provider_cnt"] is not None else None,
                tuple(r[f"diff_{c}"] for c in four) if r["diff_cnt"] is not None else None,
            )
            for r in read("statement_groups")
        ],
    )

    def side(r: dict[str, Any], who: str) -> Any:
        return tuple(r[f"{who}_{c}"] for c in three) if r[f"{who}_medfee_sumamt"] is not None else None

    rows = read("statement_rows")
    bad += differences(
        "row",
        [
            (*r["key"], r["code"], r["copy"], r["diff"], r["held"], r["a"], r["d"], sum(r["paid"].values()), tuple(sorted(r["paid"].items())))
            for r in want.rows
        ],
        [
            (
                r["setl_id"], r["refd_setl_flag"], r["fixmedins_code"], r["copy_no"], r["stmt_diff"], r["held_reason"],
                side(r, "agency"), side(r, "provider"), r["recognised_amt"],
                tuple((f, r[f"recognised_{f}"]) for f in FUNDS if r[f"recognised_{f}"]),
            )
            for r in rows
        ],
    )  # fmt: skip
    bad += differences(
        "payable",
        [
            (*k, v["rec"], v["cin"], v["det"], v["dpst"], v["adv"], v["cout"], v["act"], v["place"])
            for k, v in want.payables.items()
        ],
        [
            tuple(
                r[c]
                for c in (
                    "fixmedins_code", "fund_pay_type", "recognised_amt", "carried_in_amt", "det_amt", "dpst_amt",
                    "advance_amt", "carried_out_amt", "act_dfr_amt", "fix_blng_admdvs",
                )
            )
            for r in read("payables")
        ],
    )  # fmt: skip
    bad += differences(
        "item",
        want.items,
        [(r["payee_code"], r["fund_pay_type"], r["amt"], r["insu_admdvs"]) for r in read("payout_items")],
    )
    findings = want.findings.copy()
    if priced is not None:
        findings += priced.findings
        bad += differences(
            "repriced",
            [(*k, v["kind"], v["fund"], v["supp"], v["before"], v["after"], v["rate"]) for k, v in priced.rows.items()],
            [
                (
                    r["setl_id"],
                    r["refd_setl_flag"],
                    r["kind"],
                    r["fund_amt"],
                    r["supp_amt"],
                    r["run_before"],
                    r["run_after"],
                    rate(r["rate"]),
                )
                for r in read("repricing")
            ],
        )
    bad += differences(
        "finding",
        set(findings),
        {
            (r["code"], r["fixmedins_code"], *([r["setl_id"]] if r["code"] != "STATEMENT_INCONSISTENT" else []))
            for r in read("findings")
            if r["code"] in KEYED
        },
    )
    return [f"settle {p}: {b}" for b in bad]


def rate(value: Any) -> int | None:
    """比率读作百万分率（table() 已乘 100）."""
    return None if value is None else value * 10000


def break_ids(folder: Path, period: str) -> dict[tuple[str, str], str]:
    """未了差异的编号."""
    return {
        (r["setl_id"], r["refd_setl_flag"]): r["break_id"] for r in table(folder, "settle", period, "statement_breaks")
    }


@contextmanager
def in_buckets(count: int | None) -> Iterator[None]:
    """把每个月分成几桶算（大的月份才分；结果不该有别）."""
    from nxmed.pipelines import settle_room

    usual = settle_room.needed
    if count is not None:
        settle_room.needed = lambda *_: count
    try:
        yield
    finally:
        settle_room.needed = usual


def play(seed: int, folder: Path, *, simple: bool = False, buckets: int | None = None) -> tuple[int, list[str]]:
    """一个随机机构的全部月份."""
    with in_buckets(buckets):
        return _play(seed, folder, simple)


def _play(seed: int, folder: Path, simple: bool) -> tuple[int, list[str]]:
    clinic, files = Clinic(seed), Random(seed * 7 + 1)
    code, _, err = command("init", str(folder), "--region", clinic.region)
    assert code == 0, err
    policy = ""
    if clinic.large is not None:
        policy = f'[settle.large_fee]\nvalues = [{{ since = 2021-01-01, value = "{yuan(clinic.large)}", source = "样例" }}]\n'
    (folder / "policy.toml").write_text(policy, encoding="utf-8")
    known: dict[tuple[str, str], str] = {}
    for i, period in enumerate(clinic.months):
        put(folder, period, clinic.prepare(i), files, simple)
        for again in (False, True):
            code, _, err = command("settle", period, "-w", str(folder))
            if code:
                return i, [f"seed {seed} settle {period}: exit {code}: {err}"]
            settled = clinic.run(i)
            priced = reprice(clinic.inbox, period) if clinic.region == "dingxi" else None
            bad = compare(folder, settled, priced)
            ids = break_ids(folder, period)
            bad += [f"break id changed: {k}" for k, v in ids.items() if known.setdefault(k, v) != v]
            opened = {k for k, e in settled.entries.items() if not e.closed}
            bad += differences("open break", opened, set(ids))
            if bad:
                return i, [f"seed {seed} {clinic.region}", *bad]
            made = clinic.decide(settled)
            for one in made:
                code, _, err = command(
                    "settle", "resolve", ids[one.key], "--as", one.way, "--note", "样例", "-w", str(folder)
                )
                if code:
                    return i, [f"seed {seed} resolve {one} {settled.entries[one.key].diff}: exit {code}: {err}"]
            if again or not made or clinic.chance(0.5):
                break
    return len(clinic.months), []
