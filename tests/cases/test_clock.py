"""期限 (deadlines by hand over the October holiday, and against a plain counting of days)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from case_desk import DAY, calendar, codes, d, law, one, run
from hypothesis import given, settings
from hypothesis import strategies as st

from nxmed.cases.items import listed
from nxmed.errors import MissingInput
from nxmed.kernel.working_days import WorkingDays

# 2026 年 9 月 28、29、30 上班；10-01 至 10-07 放假，10-10（周六）上班；10 月工作日 8、9、10、12–16、19–23、26–30 共 18 个


@pytest.mark.parametrize(("row", "due"), [
    ({"item_no": 1, "rcvd_date": d("10-09")}, d("10-09")),  # 即时：当天
    ({"item_no": 1, "rcvd_date": d("10-03")}, d("10-03")),  # 节假日受理的即时事项也是当天
    ({"item_no": 5, "opt_chnl": "3", "rcvd_date": d("09-30")}, d("09-30")),  # 柜台即时
    ({"item_no": 5, "opt_chnl": "4", "rcvd_date": d("09-29")}, d("10-08")),  # 线上 2 个工作日：9-30、10-08
    ({"item_no": 30, "opt_chnl": "2", "rcvd_date": d("09-30")}, d("10-09")),  # 10-08、10-09
    ({"item_no": 30, "opt_chnl": "9", "rcvd_date": d("09-30")}, d("10-09")),  # 不认识的渠道按长的
    ({"item_no": 50, "rcvd_date": d("09-28")}, d("10-17") - DAY),  # 10 个：9-29、30，10-08、9、10、12、13、14、15、16
    ({"item_no": 24, "rcvd_date": d("10-09")}, d("10-29")),  # 15 个：10，12–16（6），19–23（11），26–29（15）
    ({"item_no": 25, "rcvd_date": d("09-28")}, d("10-30")),  # 20 个：9 月 2 + 10 月 18
    ({"item_no": 38, "rcvd_date": d("09-28")}, d("11-13")),  # 30 个：20 + 11 月 2–6、9–13
    ({"item_no": 49, "rcvd_date": d("09-01")}, d("10-31")),  # 60 日：9 月 29 + 10 月 31
    ({"item_no": 51, "rcvd_date": d("08-05")}, d("10-04")),  # 60 日到放假日，不顺延：8 月 26 + 9 月 30 + 4
    ({"item_no": 16, "rcvd_date": d("10-09")}, d("10-09")),  # 不需补缴：即时
    ({"item_no": 16, "rcvd_date": d("09-01"), "bkpay_date": d("09-28")}, d("10-30")),  # 自补缴完成起 20 个
    ({"item_no": 17, "rcvd_date": d("10-09"), "bkpay_flag": "1"}, None),  # 尚未补缴：时限未起算
    ({"item_no": 6, "rcvd_date": d("10-09")}, None),  # 清单未写时限
])
def test_due_dates_by_hand(row: Mapping[str, Any], due: date | None) -> None:
    assert one(**row)["due_date"] == due


# 第 24 项 15 个工作日，10-09 受理，10-29 到期
@pytest.mark.parametrize(("as_of", "used", "left", "state"), [
    ("10-21", 9, 6, "in_time"),  # 10，12–16，19–21：剩 22、23、26–29 六个
    ("10-22", 10, 5, "soon_due"),
    ("10-28", 14, 1, "soon_due"),
    ("10-29", 15, 0, "soon_due"),  # 期限当天
    ("10-30", 16, -1, "overdue"),
    ("11-01", 16, -1, "overdue"),  # 周末不再加
])
def test_open_cases_below_at_and_above_the_limit(as_of: str, used: int, left: int, state: str) -> None:
    found = one(as_of, item_no=24, rcvd_date=d("10-09"))
    assert (found["days_used"], found["days_left"], found["state"]) == (used, left, state)


@pytest.mark.parametrize(("finished", "state", "used"), [("10-28", "done", 14), ("10-29", "done", 15), ("10-30", "done_late", 16)])
def test_closed_cases_below_at_and_above_the_limit(finished: str, state: str, used: int) -> None:
    found = one("11-30", item_no=24, rcvd_date=d("10-09"), chk_date=d("10-12"), dfr_date=d("10-12"), fnsh_date=d(finished))
    assert (found["state"], found["days_used"], found["days_left"]) == (state, used, None)


def test_a_friday_deadline_is_past_on_saturday_although_no_working_day_was_used() -> None:
    found = one("10-31", item_no=25, rcvd_date=d("09-28"))  # 10-30 周五到期
    assert (found["state"], found["days_left"]) == ("overdue", 0)


def test_at_once_means_the_same_day() -> None:
    assert one(item_no=1, rcvd_date=d("10-30"), chk_date=d("10-30"), fnsh_date=d("10-30"))["state"] == "done"
    late = one(item_no=1, rcvd_date=d("10-30"), chk_date=d("10-31"), fnsh_date=d("10-31"))  # 次日是周六，也已不是即时
    assert (late["state"], late["work_days"]) == ("done_late", 0)


def test_sixty_days_are_soon_due_by_working_days() -> None:
    # 10-31（周六）到期：10-23（周五）之后有 26–30 五个工作日；10-22 之后六个
    assert one("10-23", item_no=49, rcvd_date=d("09-01"))["state"] == "soon_due"
    found = one("10-22", item_no=49, rcvd_date=d("09-01"))
    assert (found["state"], found["days_used"], found["days_left"], found["work_days"]) == ("in_time", 51, 9, 33)
    # 9 月：2–4、7–11、14–18、20（日）、21–24、28–30 共 21；10 月：8–10、12–16、19–22 共 12


@pytest.mark.parametrize(("begin", "end", "due", "held"), [
    ("10-12", "10-16", d("11-05"), 5),  # 两头都不算：10，19–23（6），26–30（11），11-02–05（15）
    ("10-10", "10-11", d("10-30"), 1),  # 周六上班、周日不上
    ("10-09", "10-09", d("10-29"), 0),  # 受理当天本来不计
    ("10-01", "10-10", d("10-30"), 1),  # 早于受理的不计
    ("10-30", "11-06", d("10-29"), 6),  # 期限已过再补正，期限不动
    ("10-29", "10-29", d("10-30"), 1),
    ("10-17", "10-18", d("10-29"), 0),  # 周末
])
def test_the_clock_stands_still_while_materials_are_being_supplied(begin: str, end: str, due: date, held: int) -> None:
    found = one("11-20", item_no=24, rcvd_date=d("10-09"), suppl_begn=d(begin), suppl_end=d(end))
    assert (found["due_date"], found["suspended_days"], found["suspended"]) == (due, held, False)


def test_calendar_days_stand_still_too() -> None:
    found = one("10-31", item_no=49, rcvd_date=d("09-01"), suppl_begn=d("10-01"), suppl_end=d("10-07"))
    assert (found["due_date"], found["suspended_days"], found["days_used"]) == (d("11-07"), 7, 53)  # 周六，不顺延
    late = one("11-20", period="2026-11", item_no=49, rcvd_date=d("09-01"), suppl_begn=d("11-01"), suppl_end=d("11-07"))
    assert (late["due_date"], late["state"]) == (d("10-31"), "overdue")


def test_an_open_suspension_is_never_soon_due_and_has_no_deadline() -> None:
    row = {"item_no": 24, "rcvd_date": d("10-09"), "suppl_begn": d("10-28")}  # 10-27 用了 13 个
    for day in ("10-29", "11-20", "12-31"):  # 最后一天之后没有日历，也不需要
        found = one(day, **row)
        assert (found["state"], found["suspended"], found["days_left"], found["due_date"]) == ("in_time", True, 2, None)
    ended = one("11-20", **row, suppl_end=d("11-19"))  # 11-20 用了 14 个，到期是 11-23
    assert (ended["state"], ended["days_left"], ended["due_date"]) == ("soon_due", 1, d("11-23"))
    too_late = one("11-20", item_no=24, rcvd_date=d("10-09"), suppl_begn=d("10-30"))  # 10-29 已到期
    assert (too_late["state"], too_late["due_date"]) == ("overdue", d("10-29"))
    assert one("10-20", item_no=1, rcvd_date=d("10-15"), suppl_begn=d("10-15"))["due_date"] is None
    assert one("10-20", item_no=49, rcvd_date=d("10-15"), suppl_begn=d("10-16"))["due_date"] is None


def test_suspended_on_the_day_of_an_at_once_case() -> None:
    found = one("10-20", item_no=1, rcvd_date=d("10-15"), suppl_begn=d("10-15"), suppl_end=d("10-16"))
    assert (found["due_date"], found["state"]) == (d("10-19"), "overdue")  # 补正止（周五）后的第一个工作日


def test_what_lies_after_the_day_has_not_happened() -> None:
    found = one("10-20", item_no=24, rcvd_date=d("10-09"), chk_date=d("10-25"), fnsh_date=d("10-26"), result="1", suppl_begn=d("10-21"))
    assert (found["state"], found["fnsh_date"], found["result"], found["suspended"]) == ("in_time", None, None, False)


def test_withdrawn_sent_back_and_refused() -> None:
    assert one(item_no=24, rcvd_date=d("09-01"), result="4")["state"] == "withdrawn"
    for result in ("2", "3"):
        found = one(item_no=24, rcvd_date=d("10-09"), fnsh_date=d("10-30"), result=result)
        assert (found["state"], found["step_error"]) == ("done_late", None)


def test_listed_are_open_cases_and_those_closed_in_the_month_or_later() -> None:
    rows = [{"item_no": 1, "rcvd_date": d("09-30"), "chk_date": d("09-30"), "fnsh_date": d("09-30")},
            {"item_no": 1, "rcvd_date": d("09-30"), "chk_date": d("10-01"), "fnsh_date": d("10-01")},
            {"item_no": 24, "rcvd_date": d("11-01")}]
    result = run(rows)
    assert result.tables["cases"]["serv_matt_inst_id"].to_list() == ["B002"]
    assert (result.facts["closed_before"], result.facts["not_yet"]) == (1, 1)


def test_a_date_outside_the_calendar_is_an_error_that_names_it() -> None:
    short = calendar(date(2026, 10, 8), date(2026, 10, 31))
    with pytest.raises(MissingInput, match="2026-10-07") as early:
        run([{"item_no": 24, "rcvd_date": d("10-07")}], d("10-20"), days=short)
    assert early.value.exit_code == 6
    assert "B001" in early.value.text
    with pytest.raises(MissingInput, match="2026-11-01"):  # 15 个工作日到 11-02
        run([{"item_no": 24, "rcvd_date": d("10-13")}], d("10-20"), days=short)
    with pytest.raises(MissingInput, match="2026-11-05"):
        run([{"item_no": 1, "rcvd_date": d("10-20")}], d("11-05"), days=short)
    with pytest.raises(MissingInput, match="2026-11-01"):  # 60 日到 11-14；10-29 之后日历只剩一个工作日，说不出还有几个
        run([{"item_no": 49, "rcvd_date": d("10-08")}], d("10-29"), days=calendar(date(2026, 10, 8), date(2026, 10, 31)))
    hole = WorkingDays({day: flag for day, flag in calendar().days.items() if day != d("10-15")})
    with pytest.raises(MissingInput, match="2026-10-15"):
        run([{"item_no": 24, "rcvd_date": d("10-09")}], d("10-20"), days=hole)


def test_sixty_days_need_the_calendar_only_as_far_as_five_working_days() -> None:
    short = calendar(date(2026, 10, 8), date(2026, 10, 31))
    found = run([{"item_no": 49, "rcvd_date": d("10-08")}], d("10-20"), days=short).tables["cases"].row(0, named=True)
    assert (found["due_date"], found["state"]) == (d("12-07"), "in_time")


def test_stages_of_a_transfer() -> None:
    # 10-09 受理：联系函 5 个工作日到 10-15（10、12–15）；10-15 发函：信息表 10 个到 10-29；10-29 收到：5 个到 11-05
    row = {"item_no": 27, "rcvd_date": d("10-09"), "ctct_date": d("10-15"), "info_date": d("10-30")}
    result = run([row], d("11-05"), "2026-11")
    stages = result.tables["case_stages"].select("stage", "due_date", "state").rows()
    assert stages == [(1, d("10-15"), "done"), (2, d("10-29"), "done_late"), (3, d("11-06"), "in_time")]
    assert codes(result)["CASE_STAGE_LATE"] == 1
    assert run([row], d("11-09"), "2026-11").tables["case_stages"]["state"].to_list() == ["done", "done_late", "overdue"]
    assert run([row | {"result": "4"}]).tables["case_stages"].height == 0


def test_stages_do_not_wait_for_a_stage_that_never_was() -> None:
    done = {"item_no": 27, "rcvd_date": d("10-09"), "chk_date": d("10-12"), "fnsh_date": d("10-13")}
    assert run([done]).tables["case_stages"].select("stage", "end_date", "state").rows() == [(1, d("10-13"), "done")]


# ---- the same told in plain Python ------------------------------------------------------------------------------------

def plain(row: Mapping[str, Any], as_of: date, days: WorkingDays) -> dict[str, Any]:
    """一天一天地数 (day by day; None where the list gives no limit)."""
    item = listed(law())[row["item_no"]]
    ways = {x.way: x for x in item.limits}
    online = row["opt_chnl"] in ("1", "2", "4", "5")
    paying = "supplement" in ways and (row["bkpay_flag"] == "1" or row["bkpay_date"])
    limit = ways.get("supplement") if paying else ways.get("any") or ways.get("online" if online else "counter")
    start = row["bkpay_date"] if paying else row["rcvd_date"]
    begin = row["suppl_begn"]
    end = (row["suppl_end"] or as_of) if begin else None

    def held(day: date) -> bool:
        return bool(begin and end and begin <= day <= end)

    def counts(day: date) -> bool:
        return (limit is not None and limit.unit == "2") or days.is_workday(day)

    def count(first: date, last: date) -> int:
        return sum(counts(first + n * DAY) and not held(first + n * DAY) for n in range(1, (last - first).days + 1))

    due = used = None
    if start is not None:
        used = count(start, max(row["fnsh_date"] or as_of, start))
    if start is not None and limit is not None:
        due = start
        if limit.days == 0 and held(start):
            due = end + DAY if end else start
            while not days.is_workday(due):
                due += DAY
        left = limit.days
        while left:
            due += DAY
            left -= counts(due) and not held(due)
    on = begin and not row["suppl_end"] and not row["fnsh_date"]
    if on and due and due >= begin:
        due = None  # 补正未止
    if row["result"] == "4":
        state = "withdrawn"
    elif row["fnsh_date"]:
        state = "done_late" if due and row["fnsh_date"] > due else "done"
    elif due and due < as_of:
        state = "overdue"
    elif due and not on and days.between(as_of, due) <= 5:
        state = "soon_due"
    else:
        state = "in_time"
    return {"due_date": due, "days_used": used, "state": state}


day = st.integers(0, 100).map(lambda n: date(2026, 8, 10) + timedelta(days=n))


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    received = draw(day)
    after = st.none() | st.integers(0, 60).map(lambda n: received + timedelta(days=n))
    begin = draw(after)
    length = draw(st.none() | st.integers(0, 20))
    return {
        "item_no": draw(st.sampled_from([1, 5, 6, 15, 16, 24, 25, 27, 30, 38, 49, 52, 55])), "opt_chnl": draw(st.sampled_from(["1", "3", "4", "702"])),
        "rcvd_date": received, "suppl_begn": begin, "suppl_end": None if begin is None or length is None else begin + timedelta(days=length),
        "bkpay_flag": draw(st.sampled_from([None, "0", "1"])), "bkpay_date": draw(after), "fnsh_date": draw(after),
        "result": draw(st.sampled_from([None, "1", "2", "4"])), "optins_no": draw(st.sampled_from([None, "640104", "640422"])),
    }


def seen(row: Mapping[str, Any], as_of: date) -> dict[str, Any]:
    """那一天看到的."""
    late = ("suppl_begn", "suppl_end", "bkpay_date", "fnsh_date")
    found = dict(row) | {k: v for k in late if (v := row[k]) is None or v <= as_of} | {k: None for k in late if row[k] and row[k] > as_of}
    if found["fnsh_date"] is None and found["result"] != "4":
        found["result"] = None
    return found


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(cases(), max_size=12), as_of=day)
def test_against_counting_day_by_day(rows: list[dict[str, Any]], as_of: date) -> None:
    days = WorkingDays({**calendar().days, **{date(2027, 1, 1) + n * DAY: (date(2027, 1, 1) + n * DAY).weekday() < 5 for n in range(365)}})
    period = f"{as_of:%Y-%m}"
    result = run(rows, as_of, period, days)
    first = as_of.replace(day=1)
    views = {f"B{n:03d}": seen(r, as_of) for n, r in enumerate(rows, 1) if r["rcvd_date"] <= as_of}
    wanted = {k: plain(v, as_of, days) for k, v in views.items() if not (v["fnsh_date"] and v["fnsh_date"] < first)}
    found = {r["serv_matt_inst_id"]: {k: r[k] for k in ("due_date", "days_used", "state")}
             for r in result.tables["cases"].iter_rows(named=True)}
    assert found == wanted
    assert all(e.holds for e in result.equations)
