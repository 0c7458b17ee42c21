"""不整齐的文件 (what people do to files): dates written by hand, odd spaces and digits, rows that must be refused."""

from __future__ import annotations

from dataclasses import dataclass, field

from nxmed.samples import layout

Rows = list[list[str]]


@dataclass(frozen=True)
class Wrong:
    """一行写错的: the check that must refuse it ("" for an identical copy), the column, the row, why."""

    check: str
    column: str
    row: list[str]
    note: str


@dataclass
class Sheet:
    """一份文件的内容: header and rows as text, and at its end rows that are wrong."""

    contract: str
    header: list[str]
    rows: Rows
    broken: list[Wrong] = field(default_factory=list)

    def at(self, name: str) -> int:
        """Position of a column."""
        return list(layout.schema(self.contract)).index(name)

    def all_rows(self) -> Rows:
        return [*self.rows, *(wrong.row for wrong in self.broken)]

    def like_first(self, **cells: str) -> list[str]:
        """The first row with some cells changed."""
        row = list(self.rows[0])
        for name, cell in cells.items():
            row[self.at(name)] = cell
        return row


def untidy_changes(sheet: Sheet) -> None:
    """人员增减 as typed by hand: dates in Chinese, spaces in names; at the end nine refused rows and a copy."""
    date_at, name_at = sheet.at("rcvd_date"), sheet.at("psn_name")
    for row in sheet.rows:
        year, month, day = row[date_at].split("-")
        row[date_at] = f"{year}年{int(month)}月{int(day)}日"
        if len(row[name_at]) == 2:
            row[name_at] = "　".join(row[name_at])

    def wrong(nth: int, **cells: str) -> list[str]:
        return sheet.like_first(chg_sn=f"2026109{nth:09d}99", **cells)

    sheet.broken += [
        Wrong("E215", "wag", wrong(1, wag="六千元"), "工资写成汉字"),
        Wrong("E206", "wag", wrong(2, wag="6,120.50"), "工资带千分位"),
        Wrong("E203", "certno", wrong(3, certno="6.40104E+17"), "证件号码被 Excel 改成科学计数"),
        Wrong("E204", "rcvd_date", wrong(4, rcvd_date="2026-13-05"), "没有 13 月"),
        Wrong("E201", "psn_no", wrong(5, psn_no=""), "人员编号没有填"),
        Wrong("E207", "wag", wrong(6, wag="-200.00"), "工资为负"),
        Wrong("E101", "", wrong(7)[:-3], "少三列"),
        Wrong("E301", "chg_sn", wrong(8, wag="6100.00"), "同一流水号，内容不同"),
        Wrong("E301", "chg_sn", wrong(8, wag="6200.00"), "同一流水号，内容不同"),
        Wrong("", "", list(sheet.rows[0]), "与第一行完全相同"),
    ]


def untidy_wages(sheet: Sheet) -> None:
    """缴费工资申报 as typed by hand: apostrophes, full-width digits, dates with dots; at the end eight refused rows."""
    person_at, date_at, unit_at = sheet.at("psn_no"), sheet.at("dcla_date"), sheet.at("emp_no")
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    for n, row in enumerate(sheet.rows):
        if n % 40 == 3:
            row[person_at] = "'" + row[person_at]
        if n % 40 == 5:
            row[unit_at] = row[unit_at].translate(wide)
        if n % 40 == 7:
            row[date_at] = row[date_at].replace("-", ".")

    def wrong(nth: int, **cells: str) -> list[str]:
        return sheet.like_first(psn_no=f"62110299999999999{nth:03d}", **cells)

    sheet.broken += [
        Wrong("E210", "wag", wrong(1, wag="#REF!"), "公式错误"),
        Wrong("E204", "dcla_date", wrong(2, dcla_date="2026-02-30"), "没有 2 月 30 日"),
        Wrong("E204", "year", wrong(3, year="二〇二六"), "年度写成汉字"),
        Wrong("E208", "wag", wrong(4, wag="5005.005"), "超过两位小数"),
        Wrong("E201", "wag", wrong(5, wag=""), "工资没有填"),
        Wrong("E101", "", wrong(6)[:-2], "少两列"),
        Wrong("E215", "wag", wrong(7, wag="￥6000.00"), "工资带货币符号"),
        Wrong("E205", "wag", wrong(8, wag="４５００．００"), "工资是全角数字"),
    ]


def extra_column(sheet: Sheet) -> None:
    """A column outside the contract."""
    sheet.header.append("是否上传")
    for row in sheet.rows:
        row.append("是")
