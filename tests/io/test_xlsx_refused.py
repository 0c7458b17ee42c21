"""Workbooks that are refused, each with its reason; whatever comes, the reading process neither dies nor hangs."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest
from xlsx_cases import HEAD, MAIN, REL, ROWS, inline, packed, parts, plain, sheet_xml

import nxmed.io.xlsx as xlsx
from nxmed.errors import EXIT_REFUSED, InputRefused
from nxmed.io import xlsx_guard
from nxmed.io.xlsx import REASONS, WorkbookRefused, read_workbook


def code_of(data: bytes, seconds: float = 60) -> str:
    with pytest.raises(WorkbookRefused) as caught:
        read_workbook(Path("到账.xlsx"), data=data, seconds=seconds)
    problem = caught.value
    assert problem.exit_code == EXIT_REFUSED
    assert problem.text.startswith("到账.xlsx：")
    assert problem.hint
    assert problem.hint_en
    assert problem.text_en != problem.text
    assert "?" not in problem.reason
    return problem.code


def ole(*names: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + b"".join(n.encode("utf-16-le") + bytes(64) for n in names)


def far(cell: str, row: int) -> bytes:
    return packed(parts(sheet_xml(f'<row r="1">{inline("A1", "x")}</row><row r="{row}">{inline(cell, "y")}</row>')))


def far_by_openpyxl() -> bytes:
    book = openpyxl.Workbook()
    book.active["XFD1048576"] = 1
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


LOL = ('<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
       '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>')
EXTERNAL = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
TWO_SHEETS = (f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets><sheet name="明细" sheetId="1" r:id="rId1"/>'
              '<sheet name="汇总" sheetId="2" r:id="rId2"/></sheets></workbook>')

REFUSED: dict[str, tuple[str, bytes]] = {
    "nothing": ("EMPTY", b""),
    "text": ("NOT_XLSX", "单位编号,金额\n1,2\n".encode("gb18030")),
    "web page": ("HTML", b"\xef\xbb\xbf<html><table><tr><td>1</td></tr></table></html>"),
    "xml of 2003": ("HTML", b'<?xml version="1.0"?><Workbook/>'),
    "old xls": ("OLD_XLS", ole("Workbook")),
    "password": ("PASSWORD", ole("EncryptionInfo", "EncryptedPackage")),
    "other zip": ("NOT_XLSX", packed({"word/document.xml": "<a/>"})),
    "xlsb": ("XLSB", packed({"xl/workbook.bin": "x"})),
    "far cell": ("FAR_CELL", far("XFD1048576", 1048576)),
    "far cell by openpyxl": ("FAR_CELL", far_by_openpyxl()),
    "far column": ("FAR_CELL", far("GS2", 2)),
    "far row": ("FAR_CELL", far("Z1048576", 1048576)),
    "row beyond the last": ("FAR_CELL", far("A1048577", 1048577)),
    "row beyond all": ("FAR_CELL", far("A99999999999999999999", 2)),
    "address that is none": ("BAD_XML", far("1A", 2)),
    "lower-case address": ("BAD_XML", far("a2", 2)),
    "entities": ("DTD", packed(parts(sheet_xml(ROWS.replace("0401", "&c;"), HEAD + LOL)))),
    "entities in the list of sheets": ("DTD", packed(parts(workbook=HEAD + LOL + TWO_SHEETS.removeprefix(HEAD)))),
    "outside entity": ("DTD", packed(parts(sheet_xml(ROWS, HEAD + EXTERNAL)))),
    "entities in a part nobody names": ("DTD", packed(parts(), [("xl/odd.xml", (HEAD + LOL + "<x>&c;</x>").encode())])),
    "sheet cut short": ("BAD_XML", packed(parts(sheet_xml(ROWS)[:-30]))),
    "sheet that is no xml": ("BAD_XML", packed(parts("not xml"))),
    "sheet's part missing": ("MISSING_SHEET", packed(parts(sheet=None))),  # type: ignore[arg-type]
    "second sheet missing": ("MISSING_SHEET", packed(parts(workbook=TWO_SHEETS))),
    "relations missing": ("MISSING_SHEET", packed(parts(links=None))),
    "sheet that is another part": ("BAD_XML", packed(parts(f'{HEAD}<styleSheet xmlns="{MAIN}"/>'))),
    "sheet in a coding of its own": ("BAD_XML", packed(parts(sheet_xml(ROWS, '<?xml version="1.0" encoding="gbk"?>')))),
    "row number without end": ("FAR_CELL", packed(parts(sheet_xml(f'<row r="{"9" * 9999}"><c><v>1</v></c></row>')))),
    "no sheets": ("NO_SHEETS", packed(parts(workbook=f'{HEAD}<workbook xmlns="{MAIN}"><sheets/></workbook>'))),
    "too many parts": ("TOO_MANY_ENTRIES", packed(parts(), [(f"xl/media/{i}.png", b"x") for i in range(500)])),
    "bomb": ("EXPANDS", packed(parts(), [("xl/media/a.png", bytes(64 << 20))])),
    "bomb in a sheet": ("EXPANDS", packed(parts(sheet_xml(ROWS + " " * (40 << 20))))),
    "one name twice": ("BAD_ZIP", packed(parts(), [("xl/Worksheets/Sheet1.xml", b"<x/>")])),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_its_reason(case: str):
    code, data = REFUSED[case]
    assert code_of(data) == code


def test_a_far_cell_is_named_and_small():
    assert len(far_by_openpyxl()) < 6000
    with pytest.raises(InputRefused) as caught:
        read_workbook(Path("a.xlsx"), data=far_by_openpyxl())
    assert "XFD1048576" in caught.value.text
    assert caught.value.problems == [("a.xlsx", "单元格 XFD1048576 离数据太远", caught.value.hint)]


def test_sizes_that_lie_are_found_while_unpacking():
    good = packed(parts(sheet_xml(ROWS + " " * 100_000)))
    real = len(sheet_xml(ROWS + " " * 100_000).encode())
    assert good.count(struct.pack("<I", real)) == 2  # local header and central directory
    assert code_of(good.replace(struct.pack("<I", real), struct.pack("<I", 500))) == "BAD_ZIP"


def test_encrypted_entries_are_a_password():
    data = bytearray(packed(parts()))
    at = 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        data[at + 8] |= 1
        at += 4
    assert code_of(bytes(data)) == "PASSWORD"


def test_too_large_to_look_at(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(xlsx_guard, "MAX_BYTES", 100)
    with pytest.raises(xlsx_guard.Refusal, match="TOO_LARGE"):
        xlsx_guard.inspect(plain())


def test_more_cells_than_allowed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(xlsx_guard, "MAX_CELLS", 50)
    assert sum(p.cells for p in xlsx_guard.inspect(plain(16)).values()) == 48  # 16 rows of 3
    with pytest.raises(xlsx_guard.Refusal, match="TOO_MANY_CELLS"):
        xlsx_guard.inspect(plain(30))


def test_wrong_content_types_or_none_are_read_or_refused_by_name():
    for types in (None, f"{HEAD}<Types/>", HEAD + '<Types><Default Extension="xml" ContentType="image/png"/></Types>'):
        (sheet,) = read_workbook(Path("a.xlsx"), data=packed(parts(types=types)))
        assert sheet.frame.rows() == [(1, "单位编号"), (2, "0401")]


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("import os; os.abort()", "LIMITS"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "LIMITS"),
        ("print('{\"name\": \"a\", \"hidden\": false, \"rows\": 9, \"sizes\": [9]}')", "LIMITS"),
        ("print('nonsense')", "LIMITS"),
        ("print('[]')", "LIMITS"),
        ("pass", "LIMITS"),
        ("print('{\"end\": true}'); raise SystemExit(1)", "LIMITS"),
        ("print('{\"refused\": \"SOMETHING_NEW\"}')", "SOMETHING_NEW"),
        ("import time; time.sleep(30)", "TIMEOUT"),
    ],
)
def test_a_child_that_dies_lies_or_hangs_is_a_refusal(monkeypatch: pytest.MonkeyPatch, program: str, code: str):
    monkeypatch.setattr(xlsx, "CHILD", ("-c", "import sys; sys.stdin.buffer.read(); " + program))
    assert code_of(plain(), seconds=1 if code == "TIMEOUT" else 60) == code


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch):
    hungry = "import sys; sys.stdin.buffer.read(); from nxmed.io.xlsx_child import _limit; _limit(); x = bytes(2 << 30)"
    monkeypatch.setattr(xlsx, "CHILD", ("-c", hungry))
    assert code_of(plain()) == "LIMITS"


def test_one_long_text_in_every_cell_stays_within_memory():
    shared = f'{HEAD}<sst xmlns="{MAIN}"><si><t>{"长" * 30_000}</t></si></sst>'
    links = (f'{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
             f'<Relationship Id="rId1" Type="{REL}/worksheet" Target="worksheets/sheet1.xml"/>'
             f'<Relationship Id="rId2" Type="{REL}/sharedStrings" Target="sharedStrings.xml"/></Relationships>')
    rows = "".join(f'<row r="{r}"><c r="A{r}" t="s"><v>0</v></c></row>' for r in range(1, 30_001))
    content = parts(sheet_xml(rows), links=links)
    content["xl/sharedStrings.xml"] = shared  # 30,000 × 90 kB = 2.7 GB once laid out
    assert code_of(packed(content)) == "LIMITS"


def test_every_reason_is_worded_in_both_languages():
    for code, words in REASONS.items():
        assert len(words) == 4, code
        assert all(words), code
        assert any("一" <= c <= "鿿" for c in words[0]), code
        assert not any("一" <= c <= "鿿" for c in words[1]), code


def _guard_only(data: bytes) -> str:
    """What the child would say before parsing, without starting one (hundreds of cases in a second)."""
    try:
        xlsx_guard.inspect(data)
    except xlsx_guard.Refusal as refusal:
        return refusal.code
    return "ok"


def test_cut_anywhere():
    whole = plain(200)
    found = {_guard_only(whole[:length]) for length in range(0, len(whole), 37)}
    assert len(whole) // 37 > 200
    assert found <= {"EMPTY", "NOT_XLSX", "BAD_ZIP"}
    for length in (1, 30, 1024, len(whole) // 2, len(whole) - 22, len(whole) - 1):
        assert code_of(whole[:length]) in {"NOT_XLSX", "BAD_ZIP"}


def test_bytes_changed_anywhere():
    random_bytes = random.Random(20261205)
    whole = plain(60)
    inner = {i.filename: zipfile.ZipFile(io.BytesIO(whole)).read(i) for i in zipfile.ZipFile(io.BytesIO(whole)).infolist()}
    seen: dict[str, int] = {}
    for n in range(400):
        if n % 2:
            changed = bytearray(whole)
            for _ in range(random_bytes.randint(1, 8)):
                changed[random_bytes.randrange(len(changed))] = random_bytes.randrange(256)
            data = bytes(changed)
        else:  # mutations that keep the zip whole reach the XML and the parser
            name = random_bytes.choice(sorted(inner))
            text = bytearray(inner[name])
            for _ in range(random_bytes.randint(1, 4)):
                text[random_bytes.randrange(len(text))] = random_bytes.choice(b'<>/"=&;0123456789AZaz \x00\xff')
            data = packed({**inner, name: bytes(text)})
        answer = _guard_only(data)
        if n < 40:
            try:
                answer = f"read {len(read_workbook(Path('a.xlsx'), data=data, seconds=30))}"
            except WorkbookRefused as refused:
                answer = refused.code
                assert answer != "TIMEOUT"
        seen[answer] = seen.get(answer, 0) + 1
    assert sum(seen.values()) == 400
    assert {a for a in seen if a != "ok" and not a.startswith("read ")} <= set(REASONS)
    assert seen.get("BAD_ZIP", 0) > 50
    assert seen.get("BAD_XML", 0) > 50
