"""字节 (files as bytes): which encoding, whole or cut, and a stream of UTF-8 blocks cut at line ends.

Encodings are decided strictly: a byte order mark, else UTF-8 over the whole file, else GB18030 over the whole file.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from nxmed.errors import InputRefused
from nxmed.kernel.checks import CHECKS

_T = TypeVar("_T")
BLOCK = 8 << 20
LONGEST_RECORD = 1 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")


def refuse(path: Path, code: str, detail: str = "", detail_en: str = "") -> InputRefused:
    """拒收整份文件 (the error, with its check code; `detail` names line, column or byte)."""
    check = CHECKS[code]
    zh = check.zh + (f"（{detail}）" if detail else "")
    en = check.en + (f" ({detail_en or detail})" if detail else "")
    return InputRefused(f"{path.name}：{zh}", check.hint_zh, problems=[(path.name, f"{code} {zh}", check.hint_zh)],
                        problems_en=[(path.name, f"{code} {en}", check.hint_en)],
                        text_en=f"{path.name}: {en}", hint_en=check.hint_en, where=str(path))


@dataclass(frozen=True)
class Probe:
    """文件概况: sha256, size, encoding ("utf-8", "gb18030", "utf-16-le", …), length of its byte order mark, and the
    stamp that tells whether it changed since."""

    sha256: str
    bytes: int
    encoding: str
    bom: int
    stamp: tuple[int, int]


def stamp(path: Path) -> tuple[int, int]:
    """大小与修改时间."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def check_plain(path: Path) -> None:
    """普通文件 (no link, no folder, no device, no odd name). Raises InputRefused E012."""
    name = path.name
    odd = any(ord(c) < 32 or c in '/\\:*?"<>|' or 0x202A <= ord(c) <= 0x202E or 0x2066 <= ord(c) <= 0x2069
              or 0xD800 <= ord(c) <= 0xDFFF for c in name)
    if odd or path.is_symlink() or (path.exists() and not path.is_file()):
        raise refuse(Path(name.encode("utf-8", "replace").decode() if odd else path), "E012")
    if not path.exists() or not os.access(path, os.R_OK):
        raise refuse(path, "E010", "文件不存在或无权读取", "not there, or no right to read it")


def hash_file(path: Path) -> Probe:
    """只取指纹 (for files that are not text)."""
    before = stamp(path)
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Probe(digest, before[0], "", 0, before)


def probe(path: Path) -> Probe:
    """探测编码 (one pass over the bytes: hash, NUL bytes, UTF-8 or not). Raises InputRefused E002, E004, E005."""
    before = stamp(path)
    digest = hashlib.sha256()
    encoding, bom, nul_at, done = "utf-8", 0, -1, 0
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    wide = False
    with path.open("rb", buffering=0) as stream:
        while data := stream.read(4 << 20):
            digest.update(data)
            if done == 0:
                for mark, name in _BOMS:
                    if data.startswith(mark):
                        encoding, bom = name, len(mark)
            if nul_at < 0 and not encoding.startswith("utf-16") and (at := data.find(0)) >= 0:
                nul_at = done + at
            if encoding == "utf-8":
                try:
                    decoder.decode(data)
                    wide = wide or not data.isascii()
                except UnicodeDecodeError:
                    encoding = "gb18030"
            done += len(data)
    if done == bom:
        raise refuse(path, "E005")
    if nul_at >= 0:
        raise refuse(path, "E004", f"第 {nul_at + 1} 字节", f"byte {nul_at + 1}")
    if bom and encoding == "gb18030":
        raise refuse(path, "E001", "带 UTF-8 标记但不是 UTF-8", "it has a UTF-8 mark but is no UTF-8")
    if encoding == "utf-8" and decoder.getstate()[0]:
        if wide and _cut_tail_is_utf8(path, done):
            raise refuse(path, "E002", f"第 {done} 字节处", f"at byte {done}")
        encoding = "gb18030"
    return Probe(digest.hexdigest(), done, encoding, bom, before)


def _cut_tail_is_utf8(path: Path, size: int) -> bool:
    """The file was UTF-8 to its last whole character, and has non-ASCII text before the cut one."""
    with path.open("rb") as stream:
        stream.seek(max(0, size - 4))
        tail = stream.read()
        stream.seek(0)
        head = stream.read(max(0, size - 3))
    return bool(tail) and any(b > 0x7F for b in head)


def ahead(source: Iterator[_T]) -> Iterator[_T]:
    """提前一步 (the same items; the next one is made in a thread while this one is used)."""
    with ThreadPoolExecutor(1) as worker:
        waiting = worker.submit(next, source, None)
        while (item := waiting.result()) is not None:
            waiting = worker.submit(next, source, None)
            yield item


class Stream:
    """UTF-8 块 (blocks of whole lines, LF only, of about `size` bytes)."""

    def __init__(self, path: Path, found: Probe, size: int = BLOCK) -> None:
        self.path, self.found, self.size = path, found, size
        self._macintosh: bool | None = None

    def __iter__(self) -> Iterator[bytes]:
        yield from _cut(self._plain(), self.size)
        if stamp(self.path) != self.found.stamp:
            raise refuse(self.path, "E013")

    def head(self, size: int = 1 << 18) -> bytes:
        """The first lines, for finding the header (UTF-8)."""
        for piece in self._plain(size):
            if b"\n" in piece and len(piece) >= size:
                return piece[: piece.rfind(b"\n") + 1]
            return piece
        return b""

    def _plain(self, size: int = 0) -> Iterator[bytes]:
        """Pieces of UTF-8 with LF line ends."""
        held = b""
        for piece in self._utf8(size or self.size):
            if self._macintosh is None:
                self._macintosh = b"\r" in piece and b"\n" not in piece
            if self._macintosh:
                yield piece.replace(b"\r", b"\n")
                continue
            data = held + piece if held else piece
            held = b""
            if data.endswith(b"\r"):  # its LF may be in the next piece
                data, held = data[:-1], b"\r"
            yield data.replace(b"\r\n", b"\n") if b"\r" in data else data
        if held:
            yield b"\n"

    def _utf8(self, size: int) -> Iterator[bytes]:
        with self.path.open("rb", buffering=0) as stream:
            stream.seek(self.found.bom)
            if self.found.encoding == "utf-8":
                while data := stream.read(size):
                    yield data
                return
            decoder = codecs.getincrementaldecoder(self.found.encoding)("strict")
            done = self.found.bom
            while True:
                data = stream.read(size)
                pending = len(decoder.getstate()[0])
                try:
                    text = decoder.decode(data, final=not data)
                except UnicodeDecodeError as bad:
                    raise self._undecodable(bad, done - pending) from None
                if not data:
                    return
                done += len(data)
                yield text.encode("utf-8", "surrogatepass")

    def _undecodable(self, bad: UnicodeDecodeError, base: int) -> InputRefused:
        data, at = bad.object, bad.start
        offset = base + at
        if offset + (bad.end - bad.start) >= self.found.bytes and self.found.bytes - offset < 4:
            return refuse(self.path, "E002", f"第 {offset + 1} 字节处", f"at byte {offset + 1}")
        start = at
        while start and data[start - 1] > 0x7F:
            start -= 1
        run = _HIGH_RUN.match(data, start)
        if run and len(run[0]) >= 3:
            try:
                run[0].decode("utf-8")
            except UnicodeDecodeError:
                pass
            else:
                return refuse(self.path, "E003", f"第 {offset + 1} 字节附近是 UTF-8，其余是 GB18030",
                              f"UTF-8 near byte {offset + 1}, GB18030 elsewhere")
        return refuse(self.path, "E001", f"第 {offset + 1} 字节既不是 UTF-8 也不是 GB18030",
                      f"byte {offset + 1} is neither UTF-8 nor GB18030")


def _cut(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Blocks that end at a line end outside quotes (or after LONGEST_RECORD bytes without one)."""
    held = b""
    for piece in pieces:
        data = held + piece if held else piece
        end = _safe_end(data)
        if end:
            yield data[:end]
            held = data[end:]
        elif len(data) > size + LONGEST_RECORD:
            yield data  # an open quote: the reader names its line
            held = b""
        else:
            held = data
    if held:
        yield held


def _safe_end(data: bytes) -> int:
    end = data.rfind(b"\n") + 1
    odd = data.count(b'"', 0, end) % 2
    floor = max(0, end - LONGEST_RECORD)
    while odd and end > floor:
        before = data.rfind(b"\n", 0, end - 1) + 1
        odd ^= data.count(b'"', before, end) % 2
        end = before
    return 0 if odd else end
