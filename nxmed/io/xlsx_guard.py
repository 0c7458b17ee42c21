"""工作簿门卫 (what is looked at before a workbook is parsed). Standard library only: it runs in the guarded child.

The parser lays a sheet out as a dense grid from its first to its last filled cell, so one stray cell far away, a zip
bomb or an entity bomb would take all memory. Every part is therefore streamed once: sizes as really unpacked,
checksums, no DTD, and for sheets the address of every filled cell.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from posixpath import normpath
from typing import Any
from xml.parsers import expat

MAX_BYTES = 64 << 20
MAX_ENTRIES = 400
MAX_EXPANDED = 768 << 20
MAX_RATIO = 200
RATIO_FROM = 16 << 20
"""Ratios are judged from this expanded size on: small sheets of repeated cells pack very well."""
MAX_COLUMNS = 200
MAX_ROWS = 1_048_576
MAX_CELLS = 10_000_000
"""已填单元格上限 (filled cells of a workbook: 200,000 rows of 45 columns pass)."""
MAX_GRID = 20_000_000
"""外框上限 (cells of the rectangle between first and last filled cell of a sheet)."""

_CORE = {"worksheet", "workbook", "sst", "styleSheet", "Relationships", "Types"}
_SHEETS = {"worksheet", "chartsheet", "dialogsheet", "macrosheet"}
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError, OverflowError)
"""What a damaged archive makes the standard library raise."""
_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})\Z")
_BLOCK = 1 << 18


class Refusal(Exception):
    """拒收 (a named reason with its details; the parent words it)."""

    def __init__(self, code: str, **details: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


@dataclass
class Part:
    """一个部件 (what the scan saw of one part): root element, filled area, error cells by (row, column), from 1."""

    root: str = ""
    cells: int = 0
    top: int = MAX_ROWS + 1
    bottom: int = 0
    left: int = MAX_COLUMNS + 1
    right: int = 0
    errors: dict[tuple[int, int], str] = field(default_factory=dict)


def inspect(data: bytes) -> dict[str, Part]:
    """检查 (checks the whole file; returns sheet name → what was seen). Raises Refusal."""
    _check_kind(data)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _BROKEN as error:
        raise Refusal("BAD_ZIP") from error
    with archive:
        entries = archive.infolist()
        _check_entries(entries, len(data))
        names = {e.filename.lower(): e for e in entries}
        if "xl/workbook.xml" not in names:
            raise Refusal("XLSB" if "xl/workbook.bin" in names else "NOT_XLSX")
        parts: dict[str, Part] = {}
        sheets: list[tuple[str, str]] = []
        targets: dict[str, str] = {}
        total = 0
        for entry in entries:
            key = entry.filename.lower()
            hooks: dict[str, Callable[[dict[str, str]], None]] = {}
            if key == "xl/workbook.xml":
                hooks["sheet"] = lambda a: sheets.append((a.get("name", ""), _relation(a)))
            elif key == "xl/_rels/workbook.xml.rels":
                hooks["Relationship"] = lambda a: targets.update({a.get("Id", ""): _target(a.get("Target", ""))})
            part = _scan(archive, entry, hooks)
            total += part.cells
            if total > MAX_CELLS:
                raise Refusal("TOO_MANY_CELLS", limit=MAX_CELLS)
            parts[key] = part
    if not sheets:
        raise Refusal("NO_SHEETS")
    result = {}
    for name, relation in sheets:
        found = parts.get(targets.get(relation, ""))
        if found is None:
            raise Refusal("MISSING_SHEET", sheet=name)
        if found.root not in _SHEETS:
            raise Refusal("BAD_XML", part=targets[relation][:80])
        result[name] = found
    return result


def _check_kind(data: bytes) -> None:
    if not data:
        raise Refusal("EMPTY")
    if len(data) > MAX_BYTES:
        raise Refusal("TOO_LARGE", limit=MAX_BYTES >> 20)
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        locked = "EncryptedPackage".encode("utf-16-le") in data
        raise Refusal("PASSWORD" if locked else "OLD_XLS")
    if data[:4] != b"PK\x03\x04":
        head = data[:512].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
        raise Refusal("HTML" if head.startswith((b"<html", b"<!doctype", b"<table", b"<?xml")) else "NOT_XLSX")


def _check_entries(entries: list[zipfile.ZipInfo], size: int) -> None:
    if len(entries) > MAX_ENTRIES:
        raise Refusal("TOO_MANY_ENTRIES", limit=MAX_ENTRIES)
    if any(e.flag_bits & 1 for e in entries):
        raise Refusal("PASSWORD")
    if any(e.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for e in entries):
        raise Refusal("BAD_ZIP")
    names = [e.filename.lower() for e in entries]
    if len(set(names)) != len(names):
        raise Refusal("BAD_ZIP")
    expanded = sum(e.file_size for e in entries)
    if expanded > MAX_EXPANDED or (expanded > RATIO_FROM and expanded > MAX_RATIO * size):
        raise Refusal("EXPANDS", mib=expanded >> 20)


def _relation(attributes: dict[str, str]) -> str:
    for name, value in attributes.items():
        if name.rpartition(":")[2] == "id" and ":" in name:
            return value
    return ""


def _target(text: str) -> str:
    path = text[1:] if text.startswith("/") else text if text.lower().startswith("xl/") else "xl/" + text
    return normpath(path).lower()


def _scan(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, hooks: dict[str, Callable[[dict[str, str]], None]]
) -> Part:
    """One part, unpacked to its end (which checks its checksum) and, if it is XML, parsed."""
    part = Part()
    try:
        with archive.open(entry) as stream:
            block = stream.read(_BLOCK)
            parser = _parser(part, hooks) if _looks_like_xml(block) else None
            while block:
                parser = _feed(parser, block, part, entry.filename)
                block = stream.read(_BLOCK)
            _feed(parser, b"", part, entry.filename)
    except _BROKEN as error:
        raise Refusal("BAD_ZIP") from error
    return part


def _feed(parser: Any, block: bytes, part: Part, name: str) -> Any:
    if parser is None:
        return None
    try:
        parser.Parse(block, not block)
    except (expat.ExpatError, ValueError, LookupError) as error:
        if part.root in _CORE or not part.root:
            raise Refusal("BAD_XML", part=name[:80]) from error
        return None  # drawings for old versions are no strict XML; nobody reads them
    return parser


def _looks_like_xml(block: bytes) -> bool:
    return block[:2] in (b"\xff\xfe", b"\xfe\xff") or block[:512].lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")


def _parser(part: Part, hooks: dict[str, Callable[[dict[str, str]], None]]) -> Any:
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def doctype(*_: object) -> None:
        raise Refusal("DTD")

    def root(name: str, _attributes: dict[str, str]) -> None:
        part.root = name.rpartition(":")[2]
        if part.root == "worksheet":
            _watch_cells(parser, part)
        elif hooks:
            parser.StartElementHandler = named
        else:
            parser.StartElementHandler = None

    def named(name: str, attributes: dict[str, str]) -> None:
        hook = hooks.get(name.rpartition(":")[2])
        if hook:
            hook(attributes)

    parser.StartDoctypeDeclHandler = doctype
    parser.EntityDeclHandler = doctype
    parser.StartElementHandler = root
    return parser


def _watch_cells(parser: Any, part: Part) -> None:
    """Follows every cell: its address (given or implied), whether it is filled, and the text of error cells."""
    row = column = seen = 0
    failed = False
    columns: dict[str, int] = {}
    plain: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, seen, failed
        kind = plain.get(name)
        if kind is None:
            kind = name.rpartition(":")[2]
            if len(plain) < 1000:
                plain[name] = kind
        if kind == "c":
            address = attributes.get("r")
            if address is None:
                column += 1
            else:
                letters = address.rstrip("0123456789")
                known = columns.get(letters)
                if known is None:
                    if not _ADDRESS.match(address):
                        raise Refusal("BAD_XML", part="sheet")
                    known = columns[letters] = column_number(letters)
                column = known
                digits = address[len(letters):]
                row = int(digits) if digits.isascii() and len(digits) < 9 else MAX_ROWS + 1
            failed = attributes.get("t") == "e"
        elif kind in ("v", "is"):
            part.cells += 1
            if row != seen or not part.left <= column <= part.right:
                seen = row
                _enlarge(part, row, column)
            if failed:
                parser.CharacterDataHandler, parser.EndElementHandler = text, end
        elif kind == "row":
            number = attributes.get("r")
            if number is None:
                row += 1
            else:
                row = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0
            column = 0

    def text(data: str) -> None:
        part.errors[row, column] = (part.errors.get((row, column), "") + data)[:20]

    def end(name: str) -> None:
        if name == "v" or name.endswith(":v"):
            parser.CharacterDataHandler = parser.EndElementHandler = None

    parser.StartElementHandler = start


def _enlarge(part: Part, row: int, column: int) -> None:
    """Takes a filled cell into the sheet's outer rectangle."""
    if column > MAX_COLUMNS or not 0 < row <= MAX_ROWS:
        raise Refusal("FAR_CELL", cell=f"{column_letters(column)}{row}")
    if part.cells > MAX_CELLS:
        raise Refusal("TOO_MANY_CELLS", limit=MAX_CELLS)
    part.top, part.bottom = min(part.top, row), max(part.bottom, row)
    part.left, part.right = min(part.left, column), max(part.right, column)
    if (part.bottom - part.top + 1) * (part.right - part.left + 1) > MAX_GRID:
        raise Refusal("FAR_CELL", cell=f"{column_letters(column)}{row}")


def column_number(letters: str) -> int:
    """列号, 从 1 (A → 1, XFD → 16384)."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """列标, 从 1 (1 → A, 16384 → XFD)."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
