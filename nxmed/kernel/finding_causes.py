"""一因多果 (one cause, many findings): when a file, a day or a provider stands behind most findings of a code, one speaks for all.

The rows behind it stay as they are; the one that speaks has a code of its own and names what they share.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from nxmed.kernel import finding
from nxmed.kernel.finding_codes import CODES

MANY = 50
"""From how many findings on one is wanted."""
MOST = 4, 5
"""Which part of a code's findings (numerator, denominator) must share the cause."""
CAUSES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("treasury_code", "stmt_date"), "国库 {0} {1} 这一天"),
    (("stmt_date",), "{0} 这一天"),
    (("fixmedins_code",), "机构 {0}"),
    (("src_file",), "文件 {0}"),
)
"""What findings may share, the narrowest first."""


def speak(found: Sequence[pl.DataFrame], files: pl.DataFrame, rejects: pl.DataFrame) -> list[pl.DataFrame]:
    """一次运行的代言 (what stands for many findings, and for many rejected rows)."""
    kept = [f for f in found if f.height]
    return [layouts(rejects, files), causes(pl.concat(kept), files) if kept else finding.empty()]


def causes(found: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """代言的发现 (shape of `finding.make`; one per code whose findings share a cause).

    found: all findings of a run in that shape; files: src_file, rows_read. A file is a cause only when the code stands on
    at least half of its rows: some wrong numbers in a long register are no fault of the file.
    """
    loud = found.group_by("code").agg(all=pl.len()).filter(pl.col("all") >= MANY).sort("code")
    made = [spoken for code, total in loud.rows() if (spoken := _cause(found.filter(pl.col("code") == code), files, code, total)) is not None]
    return pl.concat(made) if made else finding.empty()


def _cause(rows: pl.DataFrame, files: pl.DataFrame, code: str, total: int) -> pl.DataFrame | None:
    """The narrowest thing that enough rows of one code share."""
    part, whole = MOST
    for columns, words in CAUSES:
        groups = (rows.drop_nulls(columns).group_by(columns).agg(n=pl.len(), diff_amt=pl.col("diff_amt").sum())
                  .filter((pl.col("n") >= MANY) & (pl.col("n") * whole >= total * part)).sort("n", *columns, descending=[True, *[False] * len(columns)]))
        if columns == ("src_file",):
            long = files.group_by("src_file").agg(rows=pl.col("rows_read").sum())
            groups = groups.join(long, on="src_file", maintain_order="left").filter(pl.col("n") * 2 >= pl.col("rows"))
        if not groups.height:
            continue
        share = groups.head(1)
        name = words.format(*(str(share[c][0]) for c in columns))
        known = CODES[code]
        text = f"{name}：{share['n'][0]:,} 条「{known.zh}」（{code}，共 {total:,} 条）出自同一处，先查这里，再逐条看"
        return finding.make("ONE_CAUSE", share, text, ref_no=code, expected="0", actual=str(share["n"][0]))
    return None


def layouts(rejects: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """版式不对的文件 (most rows of a file rejected for one reason): one finding per file.

    rejects: src_file, src_row, column_zh, check, hint, one row per reason; files: src_file, rows_read, rejected.
    """
    part, whole = MOST
    bad = files.filter((pl.col("rejected") >= MANY) & (pl.col("rejected") * whole >= pl.col("rows_read") * part))
    if not bad.height:
        return finding.empty()
    reasons = (rejects.join(bad.select("src_file", "rows_read", "rejected"), on="src_file").group_by("src_file", "column_zh", "check", "hint", "rows_read", "rejected")
               .agg(n=pl.col("src_row").n_unique()).sort("src_file", "n", "column_zh", "check", descending=[False, True, False, False])
               .unique("src_file", keep="first", maintain_order=True))
    message = pl.format("读到 {} 行，拒收 {} 行，其中 {} 行同一原因：{}，{}；多半是版式不对，请整份重报",
                        "rows_read", "rejected", "n", pl.col("column_zh").fill_null("整行"), pl.col("hint").fill_null(pl.col("check")))
    return finding.make("FILE_LAYOUT", reasons, message, ref_no=pl.col("src_file"), expected="0", actual=pl.col("rejected").cast(pl.String))
