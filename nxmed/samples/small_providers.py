"""小样例的机构部分 (provider months of the small regions): the scene, in files as providers and the platform make them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from nxmed.kernel.money import yuan
from nxmed.samples import files, layout, planted
from nxmed.samples.regions import Region, region
from nxmed.samples.scene_agreements import agreement_cases
from nxmed.samples.scene_providers import Provider, ProviderScene, Refused
from nxmed.samples.scene_statements import ordinary, statement_cases
from nxmed.samples.scene_stays import stay_cases
from nxmed.samples.scene_sums import finish
from nxmed.samples.small import MONTHS, START, WISHES, Writer, gb18030, plain, sheet_of, tabs, text, workbook
from nxmed.samples.untidy import Sheet, Wrong

ROWS_OF = {"main": (40, 46), "second": (24, 28), "village": (30, 33)}
"""Ordinary settlements of the three large providers, by month."""
SORT = {
    "providers": ["fixmedins_code", "efft_time"],
    "settlements": ["setl_id", "refd_setl_flag"],
    "provider_totals": ["fixmedins_code", "clr_optins", "insutype", "clr_type"],
    "provider_details": ["fixmedins_code", "setl_id", "refd_setl_flag", "medfee_sumamt"],
    "deductions": ["det_sn"],
    "chronic_registrations": ["psn_no", "dise_no"],
}
OTHERS = "其他机构"


def provider_scene(where: Region) -> ProviderScene:
    """The provider scene of a small region, with all its sums."""
    s = ProviderScene(where, START, MONTHS, WISHES.seed)
    advance = ("3000.00", "900000.00") if where.supplement else ("", "")
    main = s.provider(11, "人民医院", "02", deposit="0.05", advance=advance[0])
    second = s.provider(12, "中医医院", "05", deposit="0.05", advance=advance[1])
    village = s.provider(13, "中心卫生院", "08", county=1, deposit="0.03", headerless=True)
    for k in range(MONTHS):
        for name, provider in (("main", main), ("second", second), ("village", village)):
            ordinary(s, k, provider, ROWS_OF[name][k])
    statement_cases(s, main, second, village)
    stay_cases(s, main, second, village)
    agreement_cases(s)
    s.deduct(0, main, "310100", "120.00", "10", "超限用药，3 笔")
    s.deduct(1, main, "390100", "60.50", "10", "分解收费")
    finish(s)
    return s


@dataclass(frozen=True)
class Paper:
    """一份文件: month, contract, name, how it is written, whose details (`providers` by place, empty: all others)."""

    k: int
    contract: str
    name: str
    write: Writer = text
    only: tuple[int, ...] = ()
    ids: bool = False
    part: tuple[int, int] = (0, 1)


def _headerless(sheet: Sheet) -> bytes:
    """3202 明细文件: TAB, no header, literal null."""
    wanted = ("setl_id", "mdtrt_id", "psn_no", "medfee_sumamt", "fund_pay_sumamt", "acct_pay", "refd_setl_flag")
    rows = [[row[sheet.at(name)] or "null" for name in wanted] + ["null"] for row in sheet.rows]
    return files.delimited(rows[0], rows[1:], separator="\t")


def _zipped(sheet: Sheet) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        entry = zipfile.ZipInfo("detail.txt", (1980, 1, 1, 0, 0, 0))
        entry.external_attr = 0o600 << 16
        archive.writestr(entry, _headerless(sheet))
    return made.getvalue()


def _with_total(sheet: Sheet) -> bytes:
    """CSV with a 合计 row at its end."""
    kinds = [kind for _, _, kind in layout.COLUMNS[sheet.contract]]
    footer = ["合计", *[""] * (len(kinds) - 1)]
    for n, kind in enumerate(kinds):
        if kind == "amount":
            footer[n] = yuan(sum(int(row[n].replace(".", "")) for row in sheet.rows if row[n]))
    return files.BOM + files.delimited(sheet.header, [*sheet.rows, footer])


def papers(where: Region, providers: list[Provider]) -> tuple[Paper, ...]:
    """The files of a small region."""
    main, second, village = providers[0].code, providers[1].code, providers[2].code
    title = (f"{where.zh}样例医疗保障经办机构", "医保费用结算对账单　单位：元")
    common = (
        Paper(0, "providers", "定点医药机构_202611.csv"),
        Paper(1, "providers", "providers_202612.csv", ids=True),
        Paper(0, "deductions", "审核扣款_202611.csv", _with_total),
        Paper(1, "deductions", "deductions_202612.csv", ids=True),
        Paper(0, "provider_details", f"机构结算明细_{OTHERS}_202611.csv", text),
        Paper(1, "provider_details", f"机构结算明细_{OTHERS}_202612.csv", plain),
    )
    if where.id == "ningxia":
        return (
            *common,
            Paper(0, "settlements", "settlements_20261115.csv", plain, ids=True, part=(0, 2)),
            Paper(0, "settlements", "结算明细_20261130.csv", text, part=(1, 2)),
            Paper(1, "settlements", "结算明细_202612.csv", gb18030),
            Paper(0, "provider_totals", "医保费用结算对账单_202611.xlsx", workbook(title)),
            Paper(1, "provider_totals", "provider_totals_202612.csv", ids=True),
            Paper(0, "provider_details", f"机构结算明细_{main}_202611.xlsx", workbook((providers[0].name, "11 月结算明细")), (11,)),
            Paper(1, "provider_details", f"机构结算明细_{main}_202612.csv", text, (11,)),
            Paper(0, "provider_details", f"机构结算明细_{second}_202611.csv", gb18030, (12,)),
            Paper(1, "provider_details", f"机构结算明细_{second}_202612.xlsx", workbook((providers[1].name, "12 月结算明细")), (12,)),
            Paper(0, "provider_details", f"provider_details_{village}_202611.zip", _zipped, (13,)),
            Paper(1, "provider_details", f"provider_details_{village}_202612.txt", _headerless, (13,)),
        )
    return (
        *common,
        Paper(0, "settlements", "结算明细_202611.csv", gb18030),
        Paper(1, "settlements", "settlements_202612.txt", tabs, ids=True),
        Paper(0, "provider_totals", "医保费用结算对账单_202611.csv", _with_total),
        Paper(1, "provider_totals", "医保费用结算对账单_202612.xlsx", workbook(title)),
        Paper(0, "provider_details", f"机构结算明细_{main}_202611.xlsx", workbook((providers[0].name, "11 月结算明细")), (11,)),
        Paper(1, "provider_details", f"机构结算明细_{main}_202612.csv", gb18030, (11,)),
        Paper(0, "provider_details", f"机构结算明细_{second}_202611.txt", tabs, (12,)),
        Paper(1, "provider_details", f"机构结算明细_{second}_202612.csv", text, (12,)),
        Paper(0, "provider_details", f"provider_details_{village}_202611.txt", _headerless, (13,)),
        Paper(1, "provider_details", f"provider_details_{village}_202612.zip", _zipped, (13,)),
        Paper(0, "chronic_registrations", "门诊慢特病认定.csv", text),
    )


def provider_files(region_id: str) -> tuple[dict[str, bytes], pl.DataFrame]:
    """Files by path below data/samples/<region>, and the rows of planted.csv for `settle`."""
    s = provider_scene(region(region_id))
    frames = _frames(s)
    made: dict[str, bytes] = {}
    taken: dict[tuple[int, str], int] = {}
    for paper in papers(s.region, s.providers):
        frame = _own(frames[paper.k, paper.contract], paper, s.providers)
        at, of = paper.part
        size = -(-frame.height // of)
        own = frame[at * size : (at + 1) * size]
        sheet = sheet_of(own, paper.contract, ids=paper.ids)
        path = f"inbox/{(START + paper.k).text}/{paper.name}"
        _refuse(s, paper, sheet, path)
        made[path] = paper.write(sheet)
        taken[paper.k, paper.contract] = taken.get((paper.k, paper.contract), 0) + own.height
    lost = [place for place, frame in frames.items() if taken.get(place, 0) != frame.height]
    if lost:
        raise ValueError(f"rows without a file: {lost}")
    return made, planted.frame(s.plants)


def _frames(s: ProviderScene) -> dict[tuple[int, str], pl.DataFrame]:
    found = {}
    for (k, contract), rows in sorted(s.rows.items()):
        names = list(layout.schema(contract))
        frame = pl.DataFrame([{n: row.get(n) for n in names} for row in rows], schema=layout.schema(contract))
        found[k, contract] = frame.sort(SORT[contract], nulls_last=False, maintain_order=True)
    return found


def _own(frame: pl.DataFrame, paper: Paper, providers: list[Provider]) -> pl.DataFrame:
    """The rows of a file: those of its providers, or of all that have none of their own."""
    if paper.contract != "provider_details":
        return frame
    named = paper.only or tuple(p.nth for p in providers if p.nth not in (11, 12, 13))
    codes = [p.code for p in providers if p.nth in named]
    return frame.filter(pl.col("fixmedins_code").is_in(codes))


def _refuse(s: ProviderScene, paper: Paper, sheet: Sheet, path: str) -> None:
    """Rows that the door refuses, written at the end of the file, and planted."""
    mine = [r for r in s.refused if (r.k, r.contract) == (paper.k, paper.contract) and r.provider.nth in paper.only]
    wrongs = [_wrong(r) for r in mine]
    untidy: Callable[[Sheet], list[Wrong]] | None = _untidy if OTHERS in paper.name and paper.k == 0 else None
    if untidy is not None:
        wrongs += untidy(sheet)
    if not wrongs:
        return
    # Titles of a workbook stand above its header.
    head = 4 if paper.name.endswith(".xlsx") else 2
    for nth, wrong in enumerate(wrongs):
        if wrong.check:
            key: dict[str, object] = {"src_file": path, "src_row": head + len(sheet.rows) + nth}
            expect: dict[str, object] = {"column": wrong.column} if wrong.column else {}
            s.plant(paper.k, "rejects", wrong.check, key, wrong.note, expect)
    refused = sum(1 for w in wrongs if w.check)
    s.plant(paper.k, "files", "", {"src_file": path}, "读到 = 接收 + 拒收 + 完全重复", {
        "rows_read": len(sheet.rows) + len(wrongs), "rejected": refused, "duplicates": len(wrongs) - refused})
    sheet.rows += [w.row for w in wrongs]


def _wrong(refused: Refused) -> Wrong:
    schema = layout.schema(refused.contract)
    frame = pl.DataFrame([{n: refused.row.get(n) for n in schema}], schema=schema)
    cells = dict(zip(schema, layout.as_text(frame, refused.contract).row(0), strict=True)) | dict(refused.cells)
    [column] = refused.cells
    return Wrong(refused.check, column, [str(cells[n]) for n in schema], refused.note)


def _untidy(sheet: Sheet) -> list[Wrong]:
    """机构明细 as typed by hand: rows that belong to nobody and must be refused, and a row that comes twice word for word."""

    def wrong(nth: int, **cells: str) -> list[str]:
        return sheet.like_first(setl_id=f"JS20261199999{nth:04d}", **cells)

    return [
        Wrong("E215", "medfee_sumamt", wrong(1, medfee_sumamt="一千元"), "金额写成汉字"),
        Wrong("E203", "psn_no", wrong(2, psn_no="6.40104E+17"), "人员编号被 Excel 改成科学计数"),
        Wrong("E208", "acct_pay", wrong(3, acct_pay="10.005"), "超过两位小数"),
        Wrong("E201", "mdtrt_id", wrong(4, mdtrt_id=""), "就诊ID 没有填"),
        Wrong("E101", "", wrong(5)[:-3], "少三列"),
    ]
