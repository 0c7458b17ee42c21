"""说清一行核定、一笔应缴 (nxmed explain line, due): inputs, parameters, steps, and a replay of the unit."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

from nxmed.errors import MissingInput, UsageError
from nxmed.kernel.money import half_up_scalar, yuan_grouped
from nxmed.kernel.period import Period
from nxmed.pipelines.assess import load_assess
from nxmed.pipelines.story import (
    Both,
    Story,
    Words,
    bills_of,
    cited,
    files_of,
    joined,
    one,
    place,
    product,
    prove_equal,
    rounded,
    same_inputs,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nxmed.contributions.assess import AssessInputs, AssessResult
    from nxmed.io.runs import Run
    from nxmed.io.workspace import Workspace

CODES = {
    "1": Both("在上下限之间，据实", "between floor and ceiling, as declared"), "2": Both("低于下限，按下限", "below the floor: the floor"),
    "3": Both("高于上限，按上限", "above the ceiling: the ceiling"), "4": Both("没有申报工资，按下限", "no wage declared: the floor"),
}
BOOKED = {"payment": Both("入账", "payment"), "reversal": Both("退库冲减", "reversal"), "credit": Both("多缴抵缴", "credit")}
STATUS = {"paid": Both("已缴清", "paid"), "part_paid": Both("部分缴纳", "part paid"), "unpaid": Both("未缴", "unpaid")}
ADDS, REMOVES = ("11", "12", "13", "14"), ("21", "22", "23", "24")


def bill_period(bill: str) -> Period:
    """核定单号里的所属期 (YYYYMM-emp_no-insutype)."""
    try:
        return Period.from_ym(bill[:6])
    except ValueError as bad:
        raise UsageError(f"核定单号写法不对：{bill}", "形如 202612-单位编号-310",
                         text_en=f"not a bill number: {bill}", hint_en="such as 202612-EMPNO-310") from bad


@contextmanager
def replayed(ws: Workspace, period: Period, emp_no: str) -> Iterator[tuple[Run, AssessInputs, AssessResult]]:
    """重算一个单位 (the run, its inputs as they were, and the room's result for that unit)."""
    from nxmed.contributions.assess import assess, restrict
    from nxmed.io.runs import newest

    run = newest(ws, "assess", period)
    if run is None:
        raise MissingInput(f"没有 {period.text} 的核定", f"先运行 nxmed assess {period.text}",
                           text_en=f"there is no assessment of {period.text}", hint_en=f"first run: nxmed assess {period.text}")
    with ws.scratch() as spool:
        as_of = date.fromisoformat(run.facts["as_of"])
        loaded = load_assess(ws, period, as_of, spool, first=bool(run.facts["first_month"]), only=files_of(run))
        same_inputs(run, loaded)
        room = restrict(loaded.room, [emp_no])
        yield run, room, assess(room)


def explain_line(ws: Workspace, bill: str, psn_no: str) -> Story:
    """一行核定 (a person's line of a bill)."""
    import polars as pl

    from nxmed.io.runs import newest, scan_table

    period = bill_period(bill)
    stored_run = newest(ws, "assess", period)
    here = (pl.col("clct_bill_id") == bill) & (pl.col("psn_no") == psn_no)
    emp_no = bill.split("-", 1)[1].rsplit("-", 1)[0]
    if stored_run is not None:
        one(scan_table(stored_run, "assessment_lines").filter(here), f"核定行 {bill} {psn_no}", f"line {bill} {psn_no}")
    with replayed(ws, period, emp_no) as (run, room, result):
        stored = one(scan_table(run, "assessment_lines").filter(here), f"核定行 {bill} {psn_no}", f"line {bill} {psn_no}")
        again = one(result.tables["assessment_lines"].filter(here), "重算的核定行", "the replayed line")
        prove_equal(stored, again, list(again), run)
        bills = one(result.tables["assessments"].filter(pl.col("clct_bill_id") == bill), f"核定单 {bill}", f"bill {bill}")
        story = Story(f"核定 {bill} 人员 {psn_no}", f"line of {bill}, person {psn_no}", run.run_id)
        _roster(story, room, emp_no, psn_no)
        if stored["insutype"] == "330":
            _supplement(story, room, stored)
        elif bills["crtf_way"] == "1":
            _wage(story, room, emp_no, psn_no)
            _base(story, run, room, stored)
            _rates(story, room, emp_no, stored["emp_clctstd"], stored)
        elif bills["crtf_way"] == "2":
            _not_declared(story, room, bills, stored)
        else:
            story.add("月平均工资为基数", "base: the monthly average wage", yuan_grouped(stored["psn_clctstd"]),
                      Both("没有申报，也没有上月缴费数额", "nothing declared, no amount of last month"), room.law.rule("average_monthly_wage").cite)
            _rates(story, room, emp_no, stored["emp_clctstd"], stored)
        story.add("应缴", "dues", _two_parts(stored), "", str(stored["rule"]))
        story.replayed = {c: yuan_grouped(again[c]) for c in ("emp_clct_amt", "psn_clct_amt")}
    return story


def _two_parts(line: dict[str, Any]) -> Both:
    emp, psn = yuan_grouped(line["emp_clct_amt"]), yuan_grouped(line["psn_clct_amt"])
    return Both(f"单位 {emp}  个人 {psn}", f"unit {emp}  person {psn}")


def _roster(story: Story, room: AssessInputs, emp_no: str, psn_no: str) -> None:
    """The snapshot row and the changes that count."""
    import polars as pl

    pair = (pl.col("psn_no") == psn_no) & (pl.col("emp_no") == emp_no)
    for row in room.persons.filter(pair).collect().iter_rows(named=True):
        story.add("名册", "roster",
                  Both(f"人员类别 {row['psn_type']} 状态 {row['psn_insu_stas']}", f"type {row['psn_type']} status {row['psn_insu_stas']}"),
                  Both(f"{room.persons_month.text} 快照", f"snapshot of {room.persons_month.text}"), place(row))
    cutoff = room.law.number("contribution.change_cutoff_day", on=room.period.first_day)
    changes = room.personnel_changes.filter(pair & (pl.col("rcvd_date") <= room.as_of)).sort("rcvd_date", "chg_sn").collect()
    effects = changes.select(m=room.law.rule("effect_month")(pl.col("rcvd_date"), cutoff.int))["m"].to_list()
    for row, effect in zip(changes.iter_rows(named=True), effects, strict=True):
        month = f"{effect // 12:04d}-{effect % 12 + 1:02d}"
        story.add("增减", "change", Both(f"类型 {row['psn_chg_type']}", f"type {row['psn_chg_type']}"),
                  Both(f"{row['rcvd_date']} 受理，{month} 生效（截止日 {cutoff.value}）",
                       f"received {row['rcvd_date']}, counts from {month} (cut-off day {cutoff.value})"),
                  joined(place(row), cutoff.rule))


def _wage(story: Story, room: AssessInputs, emp_no: str, psn_no: str) -> None:
    """Where the wage comes from: newest declaration of the year, else newest add-change with a wage, else none."""
    import polars as pl

    pair = (pl.col("psn_no") == psn_no) & (pl.col("emp_no") == emp_no)
    declared = room.wage_declarations.filter(
        pair & (pl.col("year").cast(pl.String) == str(room.period.year)) & (pl.col("dcla_date") <= room.as_of)).sort("dcla_date").collect()
    if declared.height:
        row = declared.row(-1, named=True)
        newest = Both(f"{declared.height} 次申报取最新", f"newest of {declared.height} declarations") if declared.height > 1 else ""
        story.add("申报工资", "declared wage", yuan_grouped(row["wag"]),
                  joined(Both(f"{row['dcla_date']} 申报", f"declared {row['dcla_date']}"), newest, zh="，", en=", "),
                  joined(place(row), room.law.rule("declaration_counts").rule_id))
        return
    added = room.personnel_changes.filter(
        pair & (pl.col("rcvd_date") <= room.as_of) & pl.col("wag").is_not_null() & pl.col("psn_chg_type").is_in(list(ADDS))
    ).sort("rcvd_date", "chg_sn").collect()
    if added.height:
        row = added.row(-1, named=True)
        story.add("增员工资", "wage of the addition", yuan_grouped(row["wag"]),
                  Both(f"{row['rcvd_date']} 受理，本年无申报", f"received {row['rcvd_date']}, nothing declared this year"), place(row))
        return
    story.add("工资", "wage", Both("无", "none"),
              Both("单位已申报，此人没有工资", "the unit declared, this person has no wage"), room.law.rule("base_rule_code").cite)


def _base(story: Story, run: Run, room: AssessInputs, stored: dict[str, Any]) -> None:
    """Floor and ceiling, and which branch the base took."""
    import polars as pl

    wage = run.facts["average_wage"]
    day = room.period.first_day
    low = room.law.number("contribution.base_floor_ratio", on=day)
    high = room.law.number("contribution.base_ceiling_ratio", on=day)
    rule = room.law.rule("contribution_base").rule_id
    monthly = yuan_grouped(wage["monthly_fen"])
    story.add("平均工资", "average wage", Both(f"{monthly}/月", f"{monthly} a month"),
              joined(Both(f"{wage['stat_year']} 年", f"of {wage['stat_year']}"), Both(f"{wage['publ_date']} 公布", f"published {wage['publ_date']}"),
                     Both("上年未公布，暂用", "provisional: last year's is not published") if wage["provisional"] else "", zh="，", en=", "),
              joined(place(wage), Both(f"（{wage['source_doc']}）", f" ({wage['source_doc']})"), zh="", en=""))
    row = one(room.average_wages.filter((pl.col("admdvs") == wage["admdvs"]) & (pl.col("stat_year") == wage["stat_year"])),
              "平均工资", "the average wage")
    for zh, en, amount, column, ratio in (("下限", "floor", wage["floor_fen"], "lower_amt", low),
                                          ("上限", "ceiling", wage["ceiling_fen"], "upper_amt", high)):
        story.add(zh, en, yuan_grouped(amount), Both("按公布数", "as published") if row[column] is not None else _of_average(row, ratio.value), cited(ratio))
    story.add("缴费基数", "base", yuan_grouped(stored["psn_clctstd"]),
              CODES.get(str(stored["clctstd_crtf_rule_codg"]), Both("", "")), rule)


def _of_average(row: dict[str, Any], ratio: str) -> Both:
    """未公布上下限时的算式 (the year's amount is divided by 12 without rounding)."""
    if row["monthly_amt"] is not None:
        return rounded(product(row["monthly_amt"], ratio))
    return rounded(f"{yuan_grouped(row['yearly_amt'])} ÷ 12 × {ratio}")


def _rates(story: Story, room: AssessInputs, emp_no: str, base: int, stored: dict[str, Any]) -> None:
    """base × rate, rounded once per part."""
    import polars as pl

    day, law = room.period.first_day, room.law
    unit = one(room.units.filter(pl.col("emp_no") == emp_no), f"单位 {emp_no}", f"unit {emp_no}")
    if law.has("contribution.emp_rate_fiscal", on=day):
        unemployed = unit["emp_mgt_type"] == "05"
        key = "unemployment_rate" if unemployed else "emp_rate_fiscal" if unit["quts_type"] == "1" else "emp_rate_other"
        emp, psn = law.number(f"contribution.{key}", on=day), None if unemployed else law.number("contribution.psn_rate", on=day)
    else:
        emp, psn = law.number("contribution.emp_rate", on=day), law.number("contribution.psn_rate", on=day)
    for zh, en, number, amount in (("单位部分", "unit part", emp, stored["emp_clct_amt"]), ("个人部分", "person part", psn, stored["psn_clct_amt"])):
        if number is None:
            story.add(zh, en, yuan_grouped(amount),
                      Both("失业保险基金代缴，个人不缴", "paid by the unemployment fund, nothing from the person"), emp.rule)
        else:
            story.add(zh, en, yuan_grouped(amount), rounded(product(base, number.value)), cited(number))


def _not_declared(story: Story, room: AssessInputs, bill: dict[str, Any], stored: dict[str, Any]) -> None:
    """110 % of last month's part, spread by last month's bases."""
    import polars as pl

    factor = room.law.number("contribution.undeclared_factor", on=room.period.first_day)
    emp_no, before = bill["emp_no"], (room.period - 1).ym
    last = room.previous_bills.filter((pl.col("emp_no") == emp_no) & (pl.col("insutype") == "310")).collect()
    source: Words = bills_of(room.period - 1)
    if not last.height:
        last = room.opening_bills.filter((pl.col("emp_no") == emp_no) & (pl.col("insutype") == "310") & (pl.col("accrym") == before)).collect()
        source = place(last.row(0, named=True)) if last.height else ""
    row = last.row(0, named=True)
    for zh, en, column in (("单位部分", "unit part", "emp_clct_amt"), ("个人部分", "person part", "psn_clct_amt")):
        story.add(f"本单{zh}", f"bill, {en}", yuan_grouped(bill[column]), rounded(product(row[column], factor.value)), joined(source, cited(factor)))
        weight, total = stored["psn_clctstd"], bill["psn_clctstd_sumamt"]
        share = half_up_scalar(bill[column] * weight * 10000, total)
        story.add(f"本人分摊{zh}", f"share, {en}", yuan_grouped(stored[column]),
                  joined(f"{yuan_grouped(bill[column])} × {yuan_grouped(weight)} ÷ {yuan_grouped(total)} = {share // 1000000:,}.{share % 1000000:06d}",
                         Both("最大余数法", "largest remainders"), zh="，", en=", "))



def _supplement(story: Story, room: AssessInputs, stored: dict[str, Any]) -> None:
    """The yearly supplement."""
    day = room.period.first_day
    retired = stored["emp_clct_amt"] == 0
    if not retired:
        unit = room.law.number("supplement.unit", on=day)
        story.add("单位每人每年", "unit, per person and year", yuan_grouped(stored["emp_clct_amt"]), "", cited(unit))
    person = room.law.number("supplement.retiree" if retired else "supplement.employee", on=day)
    story.add("个人每年", "person, a year", yuan_grouped(stored["psn_clct_amt"]),
              Both("退休人员只缴个人部分", "retirees pay the person's part only") if retired else "", cited(person))
    story.add("本年首次", "first time this year", Both("是", "yes"),
              Both("本年以前月份没有 330 行，期初也没有", "no 330 line in earlier months of the year, nor at the opening"), person.rule)


def explain_due(ws: Workspace, bill: str, part: str) -> Story:
    """一笔应缴 (a bill's unit or person part): how it came about, and what has been booked on it since."""
    import polars as pl

    from nxmed.io.runs import current, newest, scan_table

    if part not in ("emp", "psn"):
        raise UsageError(f"部分只有 emp 和 psn：{part}", "单位部分写 emp，个人部分写 psn",
                         text_en=f"a part is emp or psn: {part}", hint_en="emp: unit part, psn: person part")
    period = bill_period(bill)
    here = (pl.col("clct_bill_id") == bill) & (pl.col("part") == part)
    emp_no = bill.split("-", 1)[1].rsplit("-", 1)[0]
    assessed = newest(ws, "assess", period)
    books = [r for r in current(ws, "reconcile") if r.period >= period]
    if assessed is not None:
        story = _due_assessed(ws, period, bill, part, emp_no)
        amount = int(one(scan_table(assessed, "dues").filter(here), f"应缴 {bill} {part}", f"due {bill} {part}")["amt"])
    else:
        if not books:
            one(pl.LazyFrame(schema={"x": pl.String}), f"应缴 {bill} {part}", f"due {bill} {part}")
        first = one(scan_table(books[0], "due_balances").filter(here), f"应缴 {bill} {part}", f"due {bill} {part}")
        story = Story(f"应缴 {bill} {part}", f"due {bill} {part}", books[0].run_id)
        story.add("期初欠费", "opening due", yuan_grouped(first["amt"]), Both("启用前已核定，尚欠数额", "assessed before the start, still owed"), "opening_dues")
        amount = int(first["amt"])
    _booked(story, books, here, amount)
    return story


def _due_assessed(ws: Workspace, period: Period, bill: str, part: str, emp_no: str) -> Story:
    import polars as pl

    from nxmed.io.runs import scan_table

    here = (pl.col("clct_bill_id") == bill) & (pl.col("part") == part)
    column = f"{part}_clct_amt"
    with replayed(ws, period, emp_no) as (run, room, result):
        stored = one(scan_table(run, "dues").filter(here), f"应缴 {bill} {part}", f"due {bill} {part}")
        again = one(result.tables["dues"].filter(here), "重算的应缴", "the replayed due")
        prove_equal(stored, again, list(again), run)
        of_bill = one(result.tables["assessments"].filter(pl.col("clct_bill_id") == bill), f"核定单 {bill}", f"bill {bill}")
        lines = result.tables["assessment_lines"].filter(pl.col("clct_bill_id") == bill)
        story = Story(f"应缴 {bill} {part}", f"due {bill} {part}", run.run_id)
        unit = one(room.units.filter(pl.col("emp_no") == emp_no), f"单位 {emp_no}", f"unit {emp_no}")
        story.add("单位", "unit", emp_no, Both(f"缴费人识别号 {stored['taxpayer_no']}", f"taxpayer {stored['taxpayer_no']}"), place(unit))
        if of_bill["crtf_way"] == "2":
            _not_declared_bill(story, room, of_bill, column)
        story.add("明细合计", "sum of its lines", yuan_grouped(int(lines[column].sum())),
                  Both(f"{lines.height} 人；逐人：nxmed explain line {bill} 人员编号",
                       f"{lines.height} persons; one by one: nxmed explain line {bill} PSN_NO"), str(of_bill["rule"]))
        if stored["deferred"]:
            agreed = room.deferrals.filter((pl.col("emp_no") == emp_no) & (pl.col("agre_stas") == "1")).sort("sign_date", "defer_agre_no").collect()
            for row in agreed.filter(pl.col("dedln_date") == stored["dedln_date"]).tail(1).iter_rows(named=True):
                story.add("缓缴", "deferred", Both(f"到 {stored['dedln_date']}", f"until {stored['dedln_date']}"),
                          Both(f"协议 {row['defer_agre_no']}，{row['sign_date']} 签订", f"agreement {row['defer_agre_no']} signed {row['sign_date']}"),
                          joined(place(row), room.law.rule("deferral_limit").rule_id))
        story.add("缴款期限", "deadline", str(stored["dedln_date"]))
        story.add("应缴", "due", yuan_grouped(stored["amt"]), "", str(stored["rule"]))
        story.replayed = {"amt": yuan_grouped(again["amt"])}
    return story


def _not_declared_bill(story: Story, room: AssessInputs, bill: dict[str, Any], column: str) -> None:
    import polars as pl

    factor = room.law.number("contribution.undeclared_factor", on=room.period.first_day)
    mine = (pl.col("emp_no") == bill["emp_no"]) & (pl.col("insutype") == "310")
    last = room.previous_bills.filter(mine).collect()
    source: Words = bills_of(room.period - 1)
    if not last.height:
        last = room.opening_bills.filter(mine).collect()
        source = place(last.row(0, named=True))
    story.add("未申报，上月数额 × 110%", "not declared: 110 % of last month", yuan_grouped(bill[column]),
              rounded(product(last.row(0, named=True)[column], factor.value)), joined(source, cited(factor)))


def _booked(story: Story, books: list[Run], here: Any, amount: int) -> None:
    """What every month booked on the due, and that amt − Σ = outstanding."""
    import polars as pl

    from nxmed.io.runs import scan_table
    from nxmed.kernel.stage import Equation, prove

    total = 0
    for run in books:
        for row in scan_table(run, "applications").filter(here).collect().iter_rows(named=True):
            total += row["amt"]
            kind, due = BOOKED[row["source"]], yuan_grouped(row["latefee_due"] or 0)
            ticket, line, day = row["elec_taxrpt_no"], row["line_no"] or "-", row["intsury_time"] or ""
            story.add(kind.zh, kind.en, yuan_grouped(row["amt"]), joined(
                Both(f"{run.period.text} 税票 {ticket or '期初多缴'} 第 {line} 行",
                     f"{run.period.text} ticket {ticket or 'opening credit'} line {line}"),
                Both(f"{day} 入库", f"received {day}"),
                Both(f"应收滞纳金 {due}", f"late charge due {due}") if row["latefee_due"] else "", zh="，", en=", "), str(row["rule"]))
    if not books:
        return
    last = scan_table(books[-1], "due_balances").filter(here).collect()
    if last.height:
        row = last.select(pl.col("outstanding", "status", "paid")).row(0, named=True)
        prove([Equation("explain.due", f"{story.zh}：应缴 − 已入账 = 未缴", {"应缴": amount, "已入账": -total}, {"未缴": row["outstanding"]})])
        until = books[-1].period.text
        story.add("余额", "outstanding", yuan_grouped(row["outstanding"]), joined(STATUS[row["status"]], Both(f"截至 {until}", f"as of {until}"), zh="，", en=", "))
        story.replayed["outstanding"] = yuan_grouped(amount - total)
