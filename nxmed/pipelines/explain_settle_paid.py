"""说清付没付 (where a recognised amount goes: payable, payout item, batch and bank; and why a row was not paid)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from nxmed.kernel.money import yuan_grouped
from nxmed.pipelines.explain_payment import payments
from nxmed.pipelines.explain_settle import CLASSES, Replay, Row, prove_rows, told
from nxmed.pipelines.story import Both, Story, joined

if TYPE_CHECKING:
    from nxmed.io.runs import Run
    from nxmed.io.workspace import Workspace

DO_EN = {
    "01": "the provider shows the bill; settled on the platform later, it is compared by itself",
    "02": "the provider lists it in next month's details", "03": "the provider checks the fee and lists it again next month",
    "04": "the provider checks insurance and clearing type and lists it again",
    "05": "the provider checks refund and original and lists them again", "06": "nothing to do: the copy is not paid",
    "07": "nothing to do: paid with another month", "AMOUNT_IDENTITY": "the agency checks the platform's record; mended, it counts by itself",
    "FUND_UNKNOWN": "the agency checks the insurance type; mended, it counts by itself",
    "OUT_OF_AGREEMENT": "check the dates of the agreement; entered, it counts by itself",
    "MATERNITY_FLAG_MISSING": "the missing flags must be delivered", "ORIGINAL_OPEN": "nothing to do: taken off once its original is recognised",
    "TOTALS_DIFFER": "the provider sends its details row by row",
}
HELD_EN = {
    "AMOUNT_IDENTITY": "amounts do not add up", "FUND_UNKNOWN": "no fund for this insurance type", "OUT_OF_AGREEMENT": "outside every agreement",
    "MATERNITY_FLAG_MISSING": "maternity flags missing", "ORIGINAL_OPEN": "its original is not recognised", "TOTALS_DIFFER": "totals differ, no details",
}


def paid(story: Story, ws: Workspace, run: Run, again: Replay, code: str, amounts: Mapping[str, int]) -> None:
    """认定之后 (per fund of a row: the payable it went into, and how that was paid; proved by the replay)."""
    import polars as pl

    from nxmed.io.runs import scan_table

    for fund in [f for f, amount in amounts.items() if amount]:
        mine = (pl.col("fixmedins_code") == code) & (pl.col("fund_pay_type") == fund)
        stored = scan_table(run, "payables").filter(mine).collect().to_dicts()
        prove_rows(run, stored, again.tables["payables"], ("fixmedins_code", "fund_pay_type"))
        for row in stored:
            story.add(f"并入 {run.period.text} 应付 {fund}", f"payable of {run.period.text}, fund {fund}", yuan_grouped(row["act_dfr_amt"]), told(
                Both(f"本机构本基金认定 {yuan_grouped(row['recognised_amt'])}", f"recognised of this provider and fund {yuan_grouped(row['recognised_amt'])}"),
                Both(f"详见 nxmed explain payable {code} {fund} -p {run.period.text}", f"see nxmed explain payable {code} {fund} -p {run.period.text}")),
                row["rule"])
        items(story, ws, run, f"{code}|{fund}")


def items(story: Story, ws: Workspace, run: Run, source_key: str) -> None:
    """付款项 (the item of a payable, and what became of it)."""
    import polars as pl

    from nxmed.io.runs import scan_table

    rows = scan_table(run, "payout_items").filter((pl.col("source") == "settle") & (pl.col("source_key") == source_key)).collect().to_dicts()
    for item in rows:
        story.add("付款项", "payout item", yuan_grouped(item["amt"]), told(
            item["item_id"], Both(f"由 {item['insu_admdvs'] or '未定'} 支付", f"paid by {item['insu_admdvs'] or 'nobody yet'}")), item["rule"])
        payments(story, ws, item["item_id"])
    if not rows:
        story.add("付款项", "payout item", Both("无", "none"), Both("本月应付为 0，没有付款项", "nothing to be paid this month"))


def verdict(story: Story, main: Row, reasons: Sequence[str], before: Both | None) -> None:
    """结论 (paid in which month, or why not and what to do)."""
    from nxmed.report.provider_words import CAUSES, HELD, WHAT_TO_DO

    state, diff = main["state"], main["stmt_diff"]
    if state == "recognised":
        story.add("结论", "answer", Both("已认定", "recognised"), Both("随本月应付支付（见上）", "goes out with this month's payable (above)"))
        return
    if state == "rejected":
        story.add("结论", "answer", Both("不付", "not paid"), Both("已决定核销（见处理决定）", "written off by decision (above)"))
        return
    if state == "settled_before":
        how = Both(CAUSES["07"], CLASSES["07"].en)
        story.add("结论", "answer", Both("本月不付", "not paid this month"), joined(how, before or Both("", ""), zh="：", en=": "))
        return
    cause = [Both(CAUSES[diff], CLASSES[diff].en)] if diff != "00" else []
    cause += [Both(HELD[r], HELD_EN[r]) for r in reasons]
    todo = [*([diff] if diff != "00" else []), *reasons]
    ways = "reject" if diff == "00" or main["side"] == "provider" else "agency|reject" if main["side"] == "agency" else "agency|provider|reject"
    story.add("结论", "answer", Both("未付", "not paid"), joined(*cause, *(Both(WHAT_TO_DO[w], DO_EN[w]) for w in todo)),
              f"nxmed settle resolve {main['break_id']} --as {ways} --note …" if main["break_id"] else "")

