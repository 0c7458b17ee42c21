"""ZIP (one text file in an archive, as transaction 3202 sends it): unpacked aside with limits, read as text."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl

from nxmed.io.raw_bytes import hash_file, refuse
from nxmed.io.raw_lines import Block
from nxmed.io.raw_text import TextFile
from nxmed.kernel.contract import Contract

LARGEST = 8 << 30
TEXT = (".txt", ".csv", ".tsv")


class ZipFile:
    """压缩的文本文件 (exactly one text file inside; its fingerprint is the archive's). Refused: E010."""

    def __init__(self, path: Path, contract: Contract) -> None:
        self.path = path
        self._folder = tempfile.TemporaryDirectory(prefix="nxmed-zip-")
        inside = _unpack(path, Path(self._folder.name))
        whole = hash_file(path)
        self._text = TextFile(inside, contract)
        self.found = replace(whole, encoding=self._text.found.encoding)
        self.layout = self._text.layout

    @property
    def format(self) -> str:
        return "zip"

    def blocks(self) -> Iterator[Block]:
        return self._text.blocks()

    def rows(self) -> Iterator[pl.DataFrame]:
        return self._text.rows()


def _unpack(path: Path, folder: Path) -> Path:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            texts = [m for m in members if Path(m.filename).suffix.lower() in TEXT]
            if len(texts) != 1 or len(members) != 1 or members[0].flag_bits & 1:
                raise refuse(path, "E010", f"压缩包里应只有一个文本文件，现有 {len(members)} 个文件或已加密",
                             f"one text file is expected in the archive, it has {len(members)} or is encrypted")
            if texts[0].file_size > LARGEST:
                raise refuse(path, "E010", "压缩包内的文件过大", "the file in the archive is too large")
            # The name of the archive, not the one inside, is what people see.
            target = folder / f"{path.stem}.txt"
            with archive.open(texts[0]) as source, target.open("wb") as out:
                shutil.copyfileobj(source, out, 1 << 20)
            os.chmod(target, 0o600)
            return target
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as bad:
        raise refuse(path, "E010", type(bad).__name__) from None
