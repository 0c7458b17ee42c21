"""银行回盘的判定 (what a bank's answer does to a line): matched on batch and line number, never on a name.

0 处理中, 1 成功, 2 失败, 3 退汇 (also after 1). What may follow what:

| 已有 \\ 回盘 | 0 处理中 | 1 成功 | 2 失败 | 3 退汇 |
|---|---|---|---|---|
| 无 (pending) | 处理中 | 已付 | 失败 | 退汇 |
| 0 处理中 | 不变 | 已付 | 失败 | 退汇 |
| 1 已付 | 不变 | 同内容不变；不同拒绝 | 拒绝 | 退汇（日期不早于成功） |
| 2 失败 | 不变 | 拒绝 | 同内容不变；不同拒绝 | 拒绝 |
| 3 退汇 | 不变 | 只记入历史（日期不晚于退汇） | 拒绝 | 同内容不变；不同拒绝 |

A success that comes after (or is dated after) what opened the items again is refused: paying the items once more and
believing such a success would be paying twice. Rows of one import that contradict each other are all refused; the order
of rows, and the files they stand in, change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from nxmed.kernel import finding
from nxmed.kernel.identifiers import mask_account_expr

CONTENT: dict[str, pl.DataType] = {
    "bat_no": pl.String(), "pay_sn": pl.String(), "pay_stas": pl.String(), "tran_date": pl.Date(), "bank_sn": pl.String(),
    "ret_code": pl.String(), "pay_fail_desc": pl.String(), "ret_amt": pl.Int64(),
}
"""回盘的内容 (amounts in fen)."""
ROW: dict[str, pl.DataType] = {**CONTENT, "dfr_sumamt": pl.Int64(), "src_file": pl.String(), "src_row": pl.Int64()}
"""回盘的一行 (dfr_sumamt: the paid amount, where the bank repeats it)."""
LINE_STATE: dict[str, pl.DataType] = {
    "bat_no": pl.String(), "batch_state": pl.String(), "pay_sn": pl.String(), "amt": pl.Int64(), "state": pl.String()}
"""判定所需的付款行."""
FINAL = {"1": "paid", "2": "failed", "3": "returned"}
SENT = ("exported", "closed")
WORDS = {"0": "处理中", "1": "成功", "2": "失败", "3": "退汇"}
REASONS: tuple[tuple[str, str], ...] = (
    ("户名不符", "户名.*(不符|不一致|有误|错)|账号户名"), ("账户冻结或止付", "冻结|止付|控制|挂失"),
    ("账号不存在或已销户", "销户|不存在|无此账|账号(错|有误)|注销"), ("行号错误", "行号|联行"), ("二类户限额", "限额|[二2Ⅱ]类"),
    ("重复", "重复"),
)
"""归一原因 (a bank's own words → the reason we count by; anything else: 其他)."""
_SAME = ["pay_stas", "tran_date", "bank_sn", "ret_code", "pay_fail_desc"]
_KEY = ["bat_no", "pay_sn"]


@dataclass(frozen=True)
class Judged:
    """判定结果. accepted: ROW, `amt` and `state` (the line's new state, null for what only joins the history), in the order
    in which they happen; same: rows that bring nothing new; refused: ROW, code, expected, actual, diff_amt, message."""

    accepted: pl.DataFrame
    same: pl.DataFrame
    refused: pl.DataFrame
    findings: pl.DataFrame


def judge(lines: pl.DataFrame, rows: pl.DataFrame, before: pl.DataFrame) -> Judged:
    """判定回盘: `lines` (LINE_STATE) as they stand, `rows` (ROW) as the bank sent them, `before` (CONTENT) as taken earlier.

    Amounts are compared exactly. A refused row changes nothing and is a finding.
    """
    every = rows.select(list(ROW)).cast(dict(ROW)).with_row_index("_row")  # type: ignore[arg-type]
    every = every.join(lines.select(list(LINE_STATE)), on=_KEY, how="left").with_columns(_code=_first_fault())
    known = every.filter(~pl.col("_code").is_in(["RETURN_UNKNOWN", "RETURN_UNSENT", "RETURN_STATUS"]).fill_null(False))
    earlier = before.select(*_KEY, *_SAME).unique().with_columns(_known=pl.lit(True))
    known = known.join(earlier, on=[*_KEY, *_SAME], how="left", nulls_equal=True)
    repeated = known.filter(pl.col("_known").fill_null(False) & pl.col("_code").is_null())
    news = known.join(repeated, on="_row", how="anti")
    wrong = _contradictions(news.filter(pl.col("pay_stas") != "0"), before)
    every = every.join(wrong, on="_row", how="left").with_columns(
        _code=pl.coalesce("_code", pl.when(pl.col("_clash")).then(pl.lit("RETURN_REPEATED"))))
    refused = _refused(every.filter(pl.col("_code").is_not_null()), before)
    good = news.join(every.filter(pl.col("_code").is_not_null()), on="_row", how="anti")
    finals = good.filter(pl.col("pay_stas") != "0").sort("src_file", "src_row", "_row", nulls_last=True).unique(
        [*_KEY, *_SAME], keep="first", maintain_order=True)
    waiting = good.filter((pl.col("pay_stas") == "0") & (pl.col("state") == "pending")).join(finals, on=_KEY, how="anti").sort(
        "tran_date", "bank_sn", "src_file", "src_row", "_row", nulls_last=True).unique(_KEY, keep="first", maintain_order=True)
    accepted = pl.concat([
        finals.with_columns(_new=pl.col("pay_stas").replace_strict(FINAL, default=None, return_dtype=pl.String)),
        waiting.with_columns(_new=pl.lit("in_progress")),
    ]).sort("pay_sn", "pay_stas")
    late_news = (pl.col("pay_stas") == "1") & (pl.col("state") == "returned")
    taken = accepted.select(*ROW, "amt", pl.when(~late_news).then("_new").alias("state"))
    same = every.filter(pl.col("_code").is_null()).join(accepted, on="_row", how="anti").select(*ROW)
    return Judged(taken, same, refused, _findings(refused))


def normalised_reason(text: pl.Expr) -> pl.Expr:
    """归一原因, 列 (户名不符, 账号不存在或已销户, …; empty stays empty)."""
    made: pl.Expr = pl.when(text.is_null() | (text.str.strip_chars() == "")).then(pl.lit(None, pl.String)).otherwise(pl.lit("其他"))
    for name, words in reversed(REASONS):
        made = pl.when(text.str.contains(words)).then(pl.lit(name)).otherwise(made)
    return made


def without_numbers(text: pl.Expr) -> pl.Expr:
    """遮盖银行说明里的账号和证件号码, 列 (a bank's own words may repeat an account: its last four digits stay)."""
    return text.str.replace_all(r"[0-9]{8,}([0-9]{3}[0-9Xx])", "****${1}")


def _first_fault() -> pl.Expr:
    """What is wrong with a row by itself; null when nothing is."""
    stas, ret, paid, amt = pl.col("pay_stas"), pl.col("ret_amt"), pl.col("dfr_sumamt"), pl.col("amt")
    came_back = stas.is_in(["2", "3"])
    wrong_back = ret.is_not_null() & (ret != amt) & (came_back | (ret != 0))  # 0.00 came back of what was not returned
    return pl.when(pl.col("amt").is_null()).then(pl.lit("RETURN_UNKNOWN")).when(
        ~pl.col("batch_state").is_in(SENT)).then(pl.lit("RETURN_UNSENT")).when(
        ~stas.is_in(list(WORDS)).fill_null(False)).then(pl.lit("RETURN_STATUS")).when(
        wrong_back | (paid.is_not_null() & (paid != amt))).then(pl.lit("RETURN_AMOUNT")).otherwise(pl.lit(None, pl.String))


def _contradictions(news: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Rows (_row, _clash) that contradict another row of this import or what was taken earlier."""
    content = pl.concat_str([pl.col(c).cast(pl.String).fill_null("") for c in (*_SAME, "_code")] + [
        pl.when(pl.col("_code").is_not_null()).then(pl.concat_str([
            pl.col("ret_amt").cast(pl.String).fill_null(""), pl.col("dfr_sumamt").cast(pl.String).fill_null("")], separator="\x1f")
        ).otherwise(pl.lit(""))], separator="\x1f", ignore_nulls=True)
    had = before.filter(pl.col("pay_stas") != "0").group_by(_KEY).agg(
        *[(pl.col("pay_stas") == s).any().alias(f"_had{s}") for s in FINAL],
        _paid_on=pl.col("tran_date").filter(pl.col("pay_stas") == "1").max(),
        _back_on=pl.col("tran_date").filter(pl.col("pay_stas") == "3").min())
    is_ = {s: pl.col("pay_stas") == s for s in FINAL}
    against = (
        (is_["1"] & (pl.col("_had1") | pl.col("_had2"))) | (is_["2"] & (pl.col("_had1") | pl.col("_had2") | pl.col("_had3")))
        | (is_["3"] & (pl.col("_had2") | pl.col("_had3"))))
    among = (pl.col("_content").n_unique().over([*_KEY, "pay_stas"]) > 1) | (
        is_["2"].any().over(_KEY) & (is_["1"] | is_["3"]).any().over(_KEY))
    stands = ~pl.col("_clash") & pl.col("_code").is_null()
    paid_on = pl.max_horizontal("_paid_on", pl.col("tran_date").filter(is_["1"] & stands).max().over(_KEY))
    back_on = pl.min_horizontal("_back_on", pl.col("tran_date").filter(is_["3"] & stands).min().over(_KEY))
    backwards = (is_["1"] | is_["3"]) & (paid_on > back_on).fill_null(False)
    return news.join(had, on=_KEY, how="left").with_columns(
        *[pl.col(f"_had{s}").fill_null(False) for s in FINAL], _content=content,
    ).with_columns(_clash=against | among).select("_row", _clash=pl.col("_clash") | backwards)


def _refused(rows: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Refused rows with what was expected, what came, and a sentence without account or name."""
    answers = before.filter(pl.col("pay_stas") != "0").sort("pay_sn", "pay_stas").group_by(_KEY, maintain_order=True).agg(
        _answers=pl.col("pay_stas").replace_strict(WORDS, default="", return_dtype=pl.String).str.join("、"))
    told = rows.join(answers, on=_KEY, how="left")
    given = pl.when((pl.col("dfr_sumamt") != pl.col("amt")).fill_null(False)).then("dfr_sumamt").otherwise("ret_amt")
    word = pl.col("pay_stas").replace_strict(WORDS, default="状态不认识", return_dtype=pl.String)
    number, whole = _number("pay_sn", 25), pl.format("批次 {} 流水号 {}", _number("bat_no", 19), _number("pay_sn", 25))
    ours = pl.col("pay_sn").str.starts_with(pl.col("bat_no")).fill_null(False)  # the number of a line begins with its batch's
    where = pl.when(ours).then(pl.format("流水号 {}", number)).otherwise(whole)
    code = pl.col("_code")
    message = pl.when(code == "RETURN_UNKNOWN").then(pl.format("{}：没有这一笔", where)).when(code == "RETURN_UNSENT").then(
        pl.format("{}：该批次尚未导出，银行不会有回盘", where)).when(code == "RETURN_STATUS").then(
        pl.format("{}：处理状态不是 0、1、2、3", where)).when(code == "RETURN_AMOUNT").then(
        pl.format("{}：{}，回盘金额 {} 元，付款 {} 元", where, word, _yuan(given), _yuan(pl.col("amt")))).otherwise(
        pl.format("{}：{}，与已有回盘（{}）或同次其他回盘矛盾", where, word, pl.col("_answers").fill_null("无")))
    amount = code == "RETURN_AMOUNT"
    return told.sort("src_file", "src_row", "_row", nulls_last=True).select(
        *ROW, code.alias("code"),
        expected=pl.when(amount).then(_yuan(pl.col("amt"))).when(code == "RETURN_REPEATED").then(pl.col("_answers")),
        actual=pl.when(amount).then(_yuan(given)).when(code == "RETURN_REPEATED").then(word),
        diff_amt=pl.when(amount).then(given - pl.col("amt")), message=message)


def _number(column: str, size: int) -> pl.Expr:
    """A number of ours as it is; anything else masked: a bank may have put an account there."""
    text = pl.col(column).fill_null("（空）")
    return pl.when(text.str.contains(f"^[0-9A-Z]{{{size}}}$")).then(text).otherwise(mask_account_expr(text))


def _yuan(fen: pl.Expr) -> pl.Expr:
    size = fen.abs()
    return pl.concat_str([pl.when(fen < 0).then(pl.lit("-")).otherwise(pl.lit("")), (size // 100).cast(pl.String), pl.lit("."),
                          (size % 100).cast(pl.String).str.zfill(2)])


def _findings(refused: pl.DataFrame) -> pl.DataFrame:
    made = [finding.make(str(code), refused.filter(pl.col("code") == code), pl.col("message"), ref_no=_number("pay_sn", 25))
            for code in sorted(refused["code"].unique())]
    return pl.concat(made) if made else finding.empty()
