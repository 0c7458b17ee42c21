"""Workbooks for the tests, built by hand so that each is wrong in exactly one way."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import xlsxwriter

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


def sheet_xml(rows: str, head: str = HEAD) -> str:
    return f'{head}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def inline(address: str, text: str) -> str:
    return f'<c r="{address}" t="inlineStr"><is><t>{text}</t></is></c>'


ROWS = f'<row r="1">{inline("A1", "单位编号")}</row><row r="2">{inline("A2", "0401")}</row>'


def parts(sheet: str = sheet_xml(ROWS), **changed: str | None) -> dict[str, str]:
    """The parts of a small workbook; `changed` maps a part's short name to other content, None leaves it out."""
    found: dict[str, str | None] = {
        "types": f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
                 '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                 '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "rels": f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
                f'Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "workbook": f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets>'
                    '<sheet name="明细" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "links": f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
                 f'Type="{REL}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "sheet": sheet,
        **changed,
    }
    paths = {"types": "[Content_Types].xml", "rels": "_rels/.rels", "workbook": "xl/workbook.xml",
             "links": "xl/_rels/workbook.xml.rels", "sheet": "xl/worksheets/sheet1.xml"}
    return {paths[k]: v for k, v in found.items() if v is not None}


def packed(content: Mapping[str, str | bytes], extra: list[tuple[str, bytes]] | None = None) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in content.items():
            archive.writestr(name, text)
        for name, data in extra or []:
            archive.writestr(name, data)
    return stream.getvalue()


def plain(rows: int = 30) -> bytes:
    """A workbook as people send it, with shared strings and styles."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet("明细")
    for r in range(rows):
        sheet.write_string(r, 0, f"0401{r:06d}")
        sheet.write_number(r, 1, r * 0.01)
        sheet.write_string(r, 2, "张某某" * (r % 7))
    book.close()
    return stream.getvalue()
