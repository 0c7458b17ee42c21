"""机构场景的合计 (sums of a provider scene): statements, differing groups, differences per class, payables by fund.

Plain addition over what the cases wrote down: a second opinion on groups, findings and payables.
"""

from __future__ import annotations

from collections import defaultdict

from nxmed.kernel.money import half_up_scalar, yuan
from nxmed.samples.regions import PPM
from nxmed.samples.scene_providers import ACCOUNT, RECOGNISED, REJECTED, WAITING, Provider, ProviderScene, Row

Sums = list[int]
"""medfee, fund, account, count, cash."""
Group = tuple[str, str, str, str]
COMPARED = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")
BREAKS = {
    "01": "BREAK_PROVIDER_ONLY",
    "02": "BREAK_AGENCY_ONLY",
    "03": "BREAK_AMOUNT",
    "04": "BREAK_TYPE",
    "05": "BREAK_REFUND",
    "06": "BREAK_REPEATED",
    "07": "BREAK_OTHER_MONTH",
}
HELD = ("FUND_UNKNOWN", "OUT_OF_AGREEMENT", "MATERNITY_FLAG_MISSING", "ORIGINAL_OPEN")
ADVANCE_MONTH = 12


def finish(s: ProviderScene) -> None:
    """All sums of the scene, as files and as planted rows."""
    for k in range(s.months):
        _details(s, k)
        stated = _statements(s, k)
        _inconsistent(s, k, stated)
        _groups(s, k, stated)
        _breaks(s, k)
        _holds(s, k)
    _payables(s)


def _amounts(row: Row) -> Sums:
    sign = -1 if row["refd_setl_flag"] == "1" else 1
    return [*(_int(row[c]) for c in COMPARED), sign, _int(row["psn_cash_pay"])]


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(value)
    return value


def _group(provider: Provider, row: Row) -> Group:
    return provider.code, str(row["clr_optins"]), str(row["insutype"]), str(row["clr_type"])


def _plus(into: dict[Group, Sums], group: Group, amounts: Sums) -> None:
    into[group] = [a + b for a, b in zip(into[group], amounts, strict=True)]


def _zero() -> Sums:
    return [0] * 5


def _details(s: ProviderScene, k: int) -> None:
    """机构结算明细 rows of the month."""
    for listing in s.listings:
        if listing.k == k and listing.detail:
            kinds = {"insutype": None, "clr_type": None} if listing.typeless else {}
            s.add(k, "provider_details", **{**listing.row, **kinds})


def _statements(s: ProviderScene, k: int) -> dict[Group, Sums]:
    """医保费用结算对账单: what each provider says of itself, and what the scene adds to it (`provider_totals` rows)."""
    found: dict[Group, Sums] = defaultdict(_zero)
    for listing in s.listings:
        if listing.k == k and listing.stated:
            _plus(found, _group(listing.provider, listing.row), _amounts(listing.row))
    for row in s.rows.pop((k, "provider_totals"), []):
        amounts = [*(_int(row[c]) for c in COMPARED), _int(row["fixmedins_setl_cnt"]), 0]
        _plus(found, (str(row["fixmedins_code"]), str(row["clr_optins"]), str(row["insutype"]), str(row["clr_type"])), amounts)
    for (code, optins, insutype, clr_type), (medfee, fund, acct, count, cash) in sorted(found.items()):
        s.add(
            k,
            "provider_totals",
            fixmedins_code=code,
            clr_optins=optins,
            insutype=insutype,
            clr_type=clr_type,
            medfee_sumamt=medfee,
            fund_pay_sumamt=fund,
            acct_pay=acct,
            cash_payamt=cash,
            fixmedins_setl_cnt=count,
        )
    return found


def _inconsistent(s: ProviderScene, k: int, stated: dict[Group, Sums]) -> None:
    """STATEMENT_INCONSISTENT: by insurance and clearing type where every detail row names both, else as a whole."""
    for provider in s.providers:
        own = [x for x in s.listings if x.k == k and x.provider is provider and x.detail]
        if not own or not any(group[0] == provider.code for group in stated):
            continue
        blurred = provider.headerless or any(x.typeless for x in own)
        sides: tuple[dict[Group, Sums], dict[Group, Sums]] = (defaultdict(_zero), defaultdict(_zero))
        for x in own:
            kinds = ("", "") if blurred else (str(x.row["insutype"]), str(x.row["clr_type"]))
            _plus(sides[0], (provider.code, "", *kinds), _amounts(x.row))
        for group, amounts in stated.items():
            if group[0] == provider.code:
                _plus(sides[1], (provider.code, "", *(("", "") if blurred else group[2:])), amounts)
        for group in sorted({*sides[0], *sides[1]}):
            if sides[0][group][:4] != sides[1][group][:4]:
                key = {"fixmedins_code": provider.code}
                key |= {} if blurred else {"insutype": group[2], "ref_no": group[3]}
                off = sides[1][group][1] - sides[0][group][1]
                s.finding(k, "STATEMENT_INCONSISTENT", key, "对账单与自己的明细不符", {"diff_amt": yuan(off)})


def _groups(s: ProviderScene, k: int, stated: dict[Group, Sums]) -> None:
    """STATEMENT_DIFF and the rows of statement_groups that differ."""
    agency: dict[Group, Sums] = defaultdict(_zero)
    for row in s.rows.get((k, "settlements"), []):
        group = str(row["fixmedins_code"]), str(row["clr_optins"]), str(row["insutype"]), str(row["clr_type"])
        _plus(agency, group, _amounts(row))
    stating = {group[0] for group in stated}
    for group in sorted({*agency, *stated}):
        mine, theirs = agency[group][:4], stated.get(group, _zero())[:4]
        if group[0] not in stating or mine == theirs:
            continue
        code, optins, insutype, clr_type = group
        off = [b - a for a, b in zip(mine, theirs, strict=True)]
        s.finding(
            k,
            "STATEMENT_DIFF",
            {"fixmedins_code": code, "insutype": insutype, "ref_no": f"{optins}|{clr_type}"},
            "双方总额不符",
            {"diff_amt": yuan(off[1])},
        )
        s.plant(
            k,
            "statement_groups",
            "differs",
            {"fixmedins_code": code, "clr_optins": optins, "insutype": insutype, "clr_type": clr_type},
            "机构减中心",
            {**{f"diff_{c}": yuan(v) for c, v in zip(COMPARED, off, strict=False)}, "diff_cnt": off[3]},
        )


def _breaks(s: ProviderScene, k: int) -> None:
    """One finding per provider and class of what stays open or is not paid."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for v in s.verdicts:
        if v.k == k and v.came and v.kind != "00" and v.state not in (RECOGNISED, REJECTED):
            counts[v.provider.code, v.kind] += 1
    for (code, kind), n in sorted(counts.items()):
        s.finding(k, BREAKS[kind], {"fixmedins_code": code}, f"{kind} 类 {n} 笔", {"actual": n})


def _holds(s: ProviderScene, k: int) -> None:
    for v in s.verdicts:
        if v.k == k and v.came and v.state == WAITING and v.held in HELD:
            flag = v.row["refd_setl_flag"]
            key = {"fixmedins_code": v.provider.code, "setl_id": v.row["setl_id"], "ref_no": f"refund {flag}"}
            s.finding(k, v.held, key, "暂不认定")


def _payables(s: ProviderScene) -> None:
    """应付: recognised + carried in − deductions − deposit − advance = paid + carried out, per provider and fund."""
    carried: dict[tuple[str, str], int] = {}
    for k in range(s.months):
        month = s.start + k
        carried = _month(s, k, carried, takes_advance=s.region.supplement and month.month == ADVANCE_MONTH)


def _month(s: ProviderScene, k: int, carried: dict[tuple[str, str], int], *, takes_advance: bool) -> dict[tuple[str, str], int]:
    left: dict[tuple[str, str], int] = {}
    for provider in s.providers:
        recognised: dict[str, int] = defaultdict(int)
        for v in s.verdicts:
            if v.k == k and v.provider is provider:
                for fund, fen in v.funds.items():
                    recognised[fund] += fen
        taken: dict[str, int] = defaultdict(int)
        for row in s.rows.get((k, "deductions"), []):
            if row["fixmedins_code"] == provider.code:
                taken[str(row["fund_pay_type"])] += _int(row["det_amt"])
        before = {fund: fen for (code, fund), fen in carried.items() if code == provider.code and fen}
        funds = sorted({*recognised, *taken, *before})
        rest = provider.advance if takes_advance else 0
        if rest and not any(f != ACCOUNT for f in funds):
            funds = sorted([*funds, "310100"])
        kept = {f: _deposit(provider, f, recognised[f] - taken[f]) for f in funds}
        there = {f: recognised[f] + before.get(f, 0) - taken[f] - kept[f] for f in funds}
        advance = dict.fromkeys(funds, 0)
        pooled = [f for f in funds if f != ACCOUNT]
        for fund in pooled:
            advance[fund] = min(rest, max(there[fund], 0))
            rest -= advance[fund]
        if rest:
            advance[pooled[0]] += rest
        for fund in funds:
            due = there[fund] - advance[fund]
            left[provider.code, fund] = min(due, 0)
            s.plant(
                k,
                "payables",
                "",
                {"fixmedins_code": provider.code, "fund_pay_type": fund},
                provider.name,
                {
                    "recognised_amt": yuan(recognised[fund]),
                    "carried_in_amt": yuan(before.get(fund, 0)),
                    "det_amt": yuan(taken[fund]),
                    "dpst_amt": yuan(kept[fund]),
                    "advance_amt": yuan(advance[fund]),
                    "carried_out_amt": yuan(min(due, 0)),
                    "act_dfr_amt": yuan(max(due, 0)),
                },
            )
    return left


def _deposit(provider: Provider, fund: str, due: int) -> int:
    return half_up_scalar(due * provider.deposit, PPM) if fund != ACCOUNT and due > 0 else 0
