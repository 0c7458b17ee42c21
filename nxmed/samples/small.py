"""小样例 (the small regions under data/samples): every branch and class of finding, in files as senders make them.

`small_files` gives the bytes of every file; data/samples holds exactly these, and a test compares.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from nxmed.kernel.money import yuan
from nxmed.kernel.period import Period
from nxmed.samples import files, layout, planted
from nxmed.samples.assistance_files import assistance_files
from nxmed.samples.compose import Sample, compose
from nxmed.samples.crowd import Wishes
from nxmed.samples.regions import REGIONS, region
from nxmed.samples.scene_calendar import calendar_files
from nxmed.samples.scene_cases import case_files
from nxmed.samples.untidy import Sheet, extra_column, untidy_changes, untidy_wages

START = Period(2026, 11)
MONTHS = 2
WISHES = Wishes(persons=800, seed=20261101, sizes=(30, 50, 70, 90, 110, 50), cents=False, plants=False, counties=4)


Writer = Callable[[Sheet], bytes]


def small_sample(region_id: str) -> Sample:
    """The small region, before it becomes files."""
    return compose(region(region_id), WISHES, START, MONTHS)


def text(sheet: Sheet) -> bytes:
    return files.BOM + files.delimited(sheet.header, sheet.all_rows())


def plain(sheet: Sheet) -> bytes:
    return files.delimited(sheet.header, sheet.all_rows())


def gb18030(sheet: Sheet) -> bytes:
    return files.delimited(sheet.header, sheet.all_rows(), end="\r\n", encoding="gb18030")


def tabs(sheet: Sheet) -> bytes:
    return files.delimited(sheet.header, sheet.all_rows(), separator="\t", end="\r\n")


def workbook(titles: Sequence[str], *, dates: Sequence[str] = ()) -> Writer:
    def write(sheet: Sheet) -> bytes:
        kinds = [kind for _, _, kind in layout.COLUMNS[sheet.contract]]
        numbers = [n for n, kind in enumerate(kinds) if kind == "amount"]
        footer = ["合计", *[""] * (len(kinds) - 1)]
        for n in numbers:
            footer[n] = yuan(sum(int(row[n].replace(".", "")) for row in sheet.rows if row[n]))
        as_text = frozenset(range(0, len(sheet.rows), 7))
        return files.workbook(
            sheet.header,
            sheet.rows,
            sheet=layout.TITLES[sheet.contract],
            titles=titles,
            footer=footer,
            numbers=numbers,
            dates=[sheet.at(name) for name in dates],
            text_rows=as_text,
        )

    return write


def sheet_of(frame: pl.DataFrame, contract: str, *, ids: bool = False) -> Sheet:
    """A frame as the text that goes into a file."""
    header = list(layout.schema(contract)) if ids else list(layout.headers(contract).values())
    return Sheet(contract, header, [list(row) for row in layout.as_text(frame, contract).iter_rows()])


@dataclass(frozen=True)
class Plan:
    """一份文件: month, contract, name, how it is written, what is done to it first; part of several (n-th of m)."""

    k: int
    contract: str
    name: str
    write: Writer = text
    change: Callable[[Sheet], None] | None = None
    part: tuple[int, int] = (0, 1)
    ids: bool = False


_COMMON = (
    Plan(0, "average_wages", "全口径平均工资.csv"),
    Plan(0, "deferrals", "deferrals_202611.csv", ids=True),
    Plan(1, "deferrals", "deferrals_202612.csv", ids=True),
    Plan(0, "opening_bills", "期初核定.csv"),
    Plan(0, "opening_dues", "期初欠费.csv"),
    Plan(0, "opening_credits", "opening_credits.csv", plain),
    Plan(0, "credit_decisions", "多缴处理_11月.csv"),
    Plan(1, "credit_decisions", "多缴处理_12月.csv"),
    Plan(0, "units", "参保单位_202611.csv", change=extra_column),
    Plan(1, "units", "units_202612.csv", ids=True),
)
PLANS: dict[str, tuple[Plan, ...]] = {
    "ningxia": (
        *_COMMON,
        Plan(0, "persons", "参保人员_202611.csv", plain),
        Plan(0, "wage_declarations", "缴费工资申报_202611.txt", tabs),
        Plan(1, "wage_declarations", "wage_declarations_202612.csv"),
        Plan(0, "personnel_changes", "人员增减_11月.csv", plain, untidy_changes),
        Plan(1, "personnel_changes", "人员增减_12月.csv"),
        Plan(0, "tax_arrivals", "tax_arrivals_20261115.csv", part=(0, 2)),
        Plan(0, "tax_arrivals", "tax_arrivals_20261130.csv", part=(1, 2)),
        Plan(1, "tax_arrivals", "税务到账明细_12月.csv", gb18030),
        Plan(
            0,
            "treasury_statement",
            "国库对账单_11月.xlsx",
            workbook(("国家金库样例中心支库", "2026 年 11 月社会保险基金收入对账单　单位：元")),
        ),
        Plan(1, "treasury_statement", "国库对账单_12月.csv"),
    ),
    "dingxi": (
        *_COMMON,
        Plan(0, "opening_supplements", "期初大额.csv"),
        Plan(0, "persons", "参保人员_202611.csv", gb18030),
        Plan(0, "wage_declarations", "缴费工资申报_202611.csv", text, untidy_wages),
        Plan(1, "wage_declarations", "wage_declarations_202612.csv"),
        Plan(0, "personnel_changes", "人员增减_11月.txt", tabs),
        Plan(1, "personnel_changes", "人员增减_12月.txt", tabs),
        Plan(0, "tax_arrivals", "税务到账明细_11月.csv", plain),
        Plan(
            1,
            "tax_arrivals",
            "税务到账明细_12月.xlsx",
            workbook(
                ("国家税务总局定西样例税务局", "2026 年 12 月社会保险费到账明细　单位：元"), dates=("intsury_time",)
            ),
        ),
        Plan(0, "treasury_statement", "国库对账单_11月.txt", tabs),
        Plan(1, "treasury_statement", "国库对账单_12月.csv"),
    ),
}


Extra = Callable[[], tuple[dict[str, bytes], pl.DataFrame]]
"""Files by path below data/samples/<region>, and the rows of planted.csv that they ask for."""
def _provider_files(region_id: str) -> tuple[dict[str, bytes], pl.DataFrame]:
    """机构结算 (its files are made with what stands here)."""
    from nxmed.samples.small_providers import provider_files

    return provider_files(region_id)


EXTRAS: dict[str, tuple[Extra, ...]] = {
    "ningxia": (partial(calendar_files, "ningxia"), partial(_provider_files, "ningxia"), assistance_files,
                case_files),
    "dingxi": (partial(calendar_files, "dingxi"), partial(_provider_files, "dingxi"),),
}
"""Scenes that bring their own files (calendar, settlement, assistance, cases)."""


def small_files(region_id: str) -> dict[str, bytes]:
    """Every file of data/samples/<region>, by path below it."""
    sample = small_sample(region_id)
    plans = PLANS[region_id]
    left = {place for place, frame in sample.frames.items() if frame.height} - {(p.k, p.contract) for p in plans}
    if left:
        raise ValueError(f"no file for {sorted(left)}")
    made: dict[str, bytes] = {}
    rows = [sample.planted]
    for plan in plans:
        frame = sample.frames.get((plan.k, plan.contract))
        if frame is None:
            continue
        at, of = plan.part
        size = -(-frame.height // of)
        sheet = sheet_of(frame[at * size : (at + 1) * size], plan.contract, ids=plan.ids)
        if plan.change is not None:
            plan.change(sheet)
        path = f"inbox/{(START + plan.k).text}/{plan.name}"
        made[path] = plan.write(sheet)
        rows.append(_refusals(sheet, plan, path))
    for extra in EXTRAS[region_id]:
        more, plants = extra()
        made |= more
        rows.append(plants)
    listed = planted.ordered(pl.concat(rows))
    made["policy.toml"] = sample.policy.encode()
    made["planted.csv"] = files.BOM + files.delimited(
        list(planted.SHAPE), [[str(cell) for cell in row] for row in listed.iter_rows()]
    )
    return made


def _refusals(sheet: Sheet, plan: Plan, path: str) -> pl.DataFrame:
    """Planted rows for what the door must refuse, and for a column outside the contract."""
    found = []

    def plant(command: str, table: str, code: str, key: dict[str, object], note: str, **expect: object) -> None:
        cells = (
            (START + plan.k).text,
            command,
            table,
            code,
            planted.pairs(key),
            planted.pairs(expect),
            note,
        )
        found.append(dict(zip(planted.SHAPE, cells, strict=True)))

    for nth, wrong in enumerate(sheet.broken):
        if wrong.check:
            key: dict[str, object] = {"src_file": path, "src_row": 2 + len(sheet.rows) + nth}
            plant(
                "assess", "rejects", wrong.check, key, wrong.note, **({"column": wrong.column} if wrong.column else {})
            )
    if sheet.broken:
        refused = sum(1 for wrong in sheet.broken if wrong.check)
        read = len(sheet.rows) + len(sheet.broken)
        plant(
            "assess",
            "files",
            "",
            {"src_file": path},
            "读到 = 接收 + 拒收 + 完全重复",
            rows_read=read,
            rejected=refused,
            duplicates=len(sheet.broken) - refused,
        )
    if plan.change is extra_column:
        for command in ("assess", "reconcile"):
            plant(command, planted.FINDINGS, "UNKNOWN_COLUMN", {"src_file": path}, "多出一列“是否上传”")
    return planted.frame(found)


def write_small(folder: Path) -> list[str]:
    """Write the two regions below `folder` (data/samples); gives the paths, sorted."""
    made = {f"{name}/{path}": content for name in REGIONS for path, content in small_files(name).items()}
    for path, content in made.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return sorted(made)
