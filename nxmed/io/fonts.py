"""中文字体 (the font of reports): from a package, cut down to the characters that are used, regular and bold.

The same font and the same text give the same bytes. A font that lacks what a report says is an error, never a blank.
"""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nxmed.errors import NxmedError

PACKAGE = "justmytype_intl_cjk"
ALWAYS = "".join(map(chr, range(0x20, 0x7F))) + "，。、：；（）“”《》〔〕％＋－×·…—"
WEIGHTS = (("regular", 400), ("bold", 700))


@dataclass(frozen=True)
class ReportFonts:
    """报告用字体: TrueType for drawing and PDF, WOFF2 for the page, and the characters that the font has not."""

    family: str
    truetype: dict[str, bytes]
    woff2: dict[str, bytes]
    lacking: str

    def write(self, folder: Path) -> None:
        """写成文件 (for renderers that read a folder of fonts)."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.truetype.items():
            (folder / f"nxmed-{name}.ttf").write_bytes(content)


def cjk_font() -> Path | None:
    """随包的中文字体 (None when the package is not installed)."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.origin:
        return None
    return next(iter(sorted(Path(spec.origin).parent.rglob("NotoSansSC*.ttf"))), None)


def report_fonts(texts: Iterable[str], family: str) -> ReportFonts:
    """取出要用的字, under the name `family` (NxmedError, exit 1, when there is no font or it has none of the Chinese)."""
    source = cjk_font()
    if source is None:
        raise NxmedError("没有中文字体，报告不生成", f"pip install {PACKAGE.replace('_', '-')}（随 nxmed 安装的字体包）",
                         text_en="There is no Chinese font: no report is made", hint_en=f"pip install {PACKAGE.replace('_', '-')}")
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    wanted = {c for text in texts for c in text if not c.isspace()} | set(ALWAYS)
    font = TTFont(source, recalcTimestamp=False, lazy=True)
    known = {chr(c) for c in font.getBestCmap()}
    lacking = "".join(sorted(wanted - known))
    if "核" not in known:
        raise NxmedError(f"字体文件不含中文：{source.name}", "重新安装字体包", text_en=f"The font has no Chinese: {source.name}",
                         hint_en="install the font package again")
    options = Options()
    options.name_IDs = [1, 2, 4, 6]
    options.layout_features = ["kern", "palt"]
    cutter = Subsetter(options)
    cutter.populate(text="".join(sorted(wanted & known)))
    cutter.subset(font)
    cut = _bytes(font)
    truetype, woff2 = {}, {}
    for name, weight in WEIGHTS:
        one = instancer.instantiateVariableFont(TTFont(io.BytesIO(cut), recalcTimestamp=False), {"wght": weight})
        for record in one["name"].names:
            style = "Bold" if name == "bold" else "Regular"
            text = {1: family, 2: style, 4: f"{family} {style}", 6: f"{family.replace(' ', '')}-{style}"}.get(record.nameID)
            if text is not None:
                record.string = text
        one["OS/2"].usWeightClass = weight
        one["OS/2"].fsSelection = (one["OS/2"].fsSelection & ~0x61) | (0x20 if name == "bold" else 0x40)
        one["head"].macStyle = 1 if name == "bold" else 0
        truetype[name] = _bytes(one)
        one.flavor = "woff2"
        woff2[name] = _bytes(one)
    return ReportFonts(family, truetype, woff2, lacking)


def _bytes(font: object) -> bytes:
    stream = io.BytesIO()
    font.save(stream)  # type: ignore[attr-defined]
    return stream.getvalue()
