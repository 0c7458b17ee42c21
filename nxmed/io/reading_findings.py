"""读取时的发现 (check digits that fail, codes outside their list, columns outside the contract): rows are kept."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from nxmed.kernel import finding
from nxmed.kernel.contract import Column, Contract
from nxmed.kernel.identifiers import (
    account_ok,
    certno_ok,
    cnaps_ok,
    mask_account_expr,
    mask_expr,
    mask_text_expr,
    uscc_ok,
)
from nxmed.kernel.split import Split

_CODES = {"idcard": "BAD_CERTNO", "uscc": "BAD_USCC", "account": "BAD_BANKCARD", "cnaps": "BAD_CNAPS"}


def row_findings(result: Split, contract: Contract, src_file: str) -> list[pl.DataFrame]:
    """Findings on accepted rows."""
    found = []
    frame = result.accepted
    for column in contract.columns:
        if column.type in _CODES and column.id in frame.columns:
            bad = frame.filter(_wrong(column, frame))
            if bad.height:
                cell = pl.col(column.id)
                shown = {"account": mask_account_expr, "idcard": mask_expr}.get(column.type, lambda c: c)(cell)
                found.append(finding.make(
                    _CODES[column.type], bad, pl.format(f"{column.zh} {{}} 校验位不符", shown),
                    actual=shown, src_file=src_file, src_row=pl.col("_row"), **_keys(bad)))
    if result.unknown_codes.height:
        titles = {c.id: c.zh for c in contract.columns}
        rows = result.unknown_codes.join(frame, on="_row", how="inner", maintain_order="left")
        shown = mask_text_expr(pl.col("value"))
        title = pl.col("column").replace_strict(list(titles), list(titles.values()), return_dtype=pl.String)
        found.append(finding.make(
            "UNKNOWN_CODE", rows, pl.format("{}（{}）的值 {} 不在代码表内", title, pl.col("column"), shown),
            actual=shown, src_file=src_file, src_row=pl.col("_row"), **_keys(rows)))
    return found


def _keys(frame: pl.DataFrame) -> dict[str, pl.Expr]:
    """Key columns of the row where they have the type of a finding's."""
    return {n: pl.col(n) for n, t in finding.KEY_COLUMNS.items() if n in frame.columns and frame.schema[n] == t}


def _wrong(column: Column, frame: pl.DataFrame) -> pl.Expr:
    cell = pl.col(column.id)
    if column.type == "uscc":
        ok = uscc_ok(cell)
    elif column.type == "cnaps":
        ok = cnaps_ok(cell)
    elif column.type == "account":
        ok = account_ok(cell)
        if "acct_type" in frame.columns:
            ok = ok | (pl.col("acct_type") == "2").fill_null(False)
    else:
        ok = certno_ok(cell)
        if column.id == "certno" and "psn_cert_type" in frame.columns:
            ok = ok | (pl.col("psn_cert_type") != "01").fill_null(False)
    return cell.is_not_null() & ~ok


def unknown_columns(names: Sequence[str], src_file: str) -> pl.DataFrame:
    """One finding per column outside the contract."""
    frame = pl.DataFrame({"name": list(names)})
    return finding.make("UNKNOWN_COLUMN", frame, pl.format("列「{}」不在契约内，已保留，不参与计算", pl.col("name")),
                        ref_no=pl.col("name"), actual=pl.col("name"), src_file=src_file)


def unknown_file(src_file: str) -> pl.DataFrame:
    """A file that no contract claims."""
    frame = pl.DataFrame({"name": [src_file]})
    return finding.make("UNKNOWN_FILE", frame, pl.format("收件箱文件「{}」无法识别", pl.col("name")),
                        ref_no=pl.col("name"), src_file=src_file)
