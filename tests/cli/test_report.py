"""月报 (nxmed report): its figures by hand, page, PDF and workbook the same, nothing fetched, no font passed over."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest
import small

from nxmed.errors import NxmedError
from nxmed.io import fonts
from nxmed.report.month import charts
from nxmed.report.month.figures import Col, Table


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two units; E1 pays 1,102.30 in full, E2 900.00 of 1,000.00."""
    made = small.make(tmp_path_factory.mktemp("report") / "ws")
    for command in ("assess", "reconcile", "report"):
        done = small.nxmed(command, small.MONTH, "-w", made)
        assert done.returncode == 0, done.stderr
    return made


def figures(ws: Path) -> dict[tuple[str, str, str], Decimal]:
    rows = small.query(ws, "select section, label, measure, amt, number, rate from report_figures")
    return {(r["section"], r["label"], r["measure"]): Decimal(str(next(v for v in (r["amt"], r["number"], r["rate"]) if v is not None)))
            for r in rows if any(r[k] is not None for k in ("amt", "number", "rate"))}


def test_the_figures_by_hand(ws: Path) -> None:
    found = figures(ws)
    # E1: (480.00 + 401.84) + (120.00 + 100.46) = 1,102.30; E2: 800.00 + 200.00 = 1,000.00
    assert found["summary", "应征", "now"] == Decimal("2102.30")
    # 881.84 + 220.46 + 900.00
    assert found["summary", "到账（含滞纳金）", "now"] == Decimal("2002.30")
    assert found["summary", "本月应征已缴", "now"] == Decimal("2002.30")
    assert found["summary", "月末未缴（含以前月份）", "now"] == Decimal("100.00")
    # 2,002.30 / 2,102.30 = 0.95243304…, cut to parts per million
    assert found["counties", "合计", "rate"] == Decimal("0.952433")
    assert found["counties", "640104 兴庆区", "units"] == 2
    assert found["insured", "310 职工基本医疗保险", "persons"] == 3  # P4 is retired
    assert found["trend", "2026-11", "dues"] == Decimal("2102.30")
    for span in ("本月 2026-11", "本季 2026-10 起", "本年 2026-01 起"):  # one month is there: the three are the same
        assert (found["spans", span, "persons"], found["spans", span, "dues"], found["spans", span, "arrived"]) == (3, Decimal("2102.30"), Decimal("2002.30"))
        assert ("spans", span, "payable") not in found
    assert ("summary", "应征", "before") not in found  # nothing published: empty, not 0


def test_page_pdf_and_workbook_show_the_same(ws: Path) -> None:
    outbox = ws / "outbox" / small.MONTH
    page = (outbox / "月报_2026-11.html").read_text("utf-8")
    assert page.count("2,102.30") >= 3
    for place in ("<b>95.2433%</b>", ">95.2433%</text>", "<td>95.2433%</td>"):  # 0.952433 with all its digits: card, chart, table
        assert place in page
    assert (outbox / "月报_2026-11.pdf").read_bytes().startswith(b"%PDF")
    book = openpyxl.load_workbook(outbox / "月报_2026-11.xlsx")
    cells = {row[0].value: row[1].value for row in book["一页摘要"].iter_rows() if row[0].value}
    assert Decimal(str(cells["应征"])) == Decimal("2102.3")
    assert {"封面", "一页摘要", "到账对账表", "征缴率 按参保地"} <= set(book.sheetnames)


class Outside(HTMLParser):
    """What a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.svg = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.svg += tag == "svg"
        self.found += [f"{tag} {n}={v}" for n, v in attrs if n in ("src", "href", "data", "srcset") and not str(v).startswith("#")]
        self.found += [tag] if tag in ("script", "iframe", "link") else []


def test_the_page_fetches_nothing(ws: Path) -> None:
    text = (ws / "outbox" / small.MONTH / "月报_2026-11.html").read_text("utf-8")
    seen = Outside()
    seen.feed(text)
    assert seen.found == []
    assert seen.svg >= 3  # trend, counties, waterfall
    assert set(re.findall(r'url\("?([a-z]+):', text)) == {"data"}
    assert "@import" not in text


def test_the_page_opens_in_a_browser_without_network_or_at_least_its_text_is_whole(ws: Path, tmp_path: Path) -> None:
    page = ws / "outbox" / small.MONTH / "月报_2026-11.html"
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        assert page.read_text("utf-8").rstrip().endswith("</html>")
        return
    picture = tmp_path / "page.png"
    subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={tmp_path}",
                    f"--screenshot={picture}", "--window-size=1100,2000", page.as_uri()], capture_output=True, timeout=120, check=True)
    assert picture.stat().st_size > 50_000  # a blank page of this size compresses to under 20 KB


def test_pdf_text_is_chinese(ws: Path) -> None:
    reader = shutil.which("pdftotext")
    pdf = ws / "outbox" / small.MONTH / "月报_2026-11.pdf"
    if reader is None:
        assert b"NxmedSans" in pdf.read_bytes()
        return
    text = subprocess.run([reader, "-layout", str(pdf), "-"], capture_output=True, text=True, check=True).stdout
    assert "医保经办月报" in text
    assert "2,102.30" in text


def test_again_is_up_to_date_and_elsewhere_the_same_bytes(ws: Path, tmp_path: Path) -> None:
    again = small.nxmed("report", small.MONTH, "-w", ws, "--json")
    assert json.loads(again.stdout)["status"] in ("up_to_date", "published")
    other = small.make(tmp_path / "ws")
    for command in ("assess", "reconcile", "report"):
        assert small.nxmed(command, small.MONTH, "-w", other).returncode == 0
    a, b = figures(ws), figures(other)
    assert a == b
    assert small.nxmed("verify", "-w", other).returncode == 0


def test_without_anything_published_nothing_is_reported(tmp_path: Path) -> None:
    made = small.make(tmp_path / "ws")
    done = small.nxmed("report", small.MONTH, "-w", made)
    assert done.returncode == 6
    assert not (made / "outbox" / small.MONTH).exists()
    assert small.nxmed("assess", small.MONTH, "-w", made).returncode == 0
    assert small.nxmed("report", small.MONTH, "-w", made, "--dry-run").returncode == 0
    assert not (made / "runs/report").exists()
    assert small.nxmed("report", small.MONTH, "-w", made).returncode == 0  # dues alone make a page too


def test_no_font_is_an_error_before_anything_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "cjk_font", lambda: None)
    with pytest.raises(NxmedError) as bad:
        fonts.report_fonts(["核定"], charts.FAMILY)
    assert "中文字体" in bad.value.text


def test_the_font_is_cut_to_what_is_said_and_names_what_it_lacks() -> None:
    made = fonts.report_fonts(["核定\U0001F600"], charts.FAMILY)
    assert made.lacking == "\U0001F600"
    assert all(20_000 > len(content) > 1_000 for content in made.woff2.values())
    assert made.truetype == fonts.report_fonts(["定核"], charts.FAMILY).truetype  # order and repeats do not matter


def test_a_label_takes_ink(tmp_path: Path) -> None:
    """核 drawn with the report's font is not the empty box that a missing glyph leaves."""
    import vl_convert

    fonts.report_fonts(["核定征"], charts.FAMILY).write(tmp_path)
    vl_convert.register_font_directory(str(tmp_path))

    def ink(text: str) -> int:
        spec = {"config": {"font": charts.FAMILY}, "data": {"values": [{"t": text}]}, "mark": {"type": "text", "fontSize": 40},
                "encoding": {"text": {"field": "t"}}}
        return len(vl_convert.vegalite_to_png(json.dumps(spec), vl_version=charts.VERSION))

    assert ink("核") != ink("定")
    assert ink("核定征") > ink("核") > ink(" ")


def test_the_waterfall_adds_up() -> None:
    lines = [{"kind": "start", "zh": "应征", "amount_fen": 1000}, {"kind": "minus", "zh": "未缴", "amount_fen": 300},
             {"kind": "sum", "zh": "已缴", "amount_fen": 700}, {"kind": "plus", "zh": "清欠", "amount_fen": 50},
             {"kind": "plus", "zh": "无", "amount_fen": 0}, {"kind": "sum", "zh": "确认", "amount_fen": 750}]
    values = charts.waterfall(lines)["data"]["values"]
    # 0 → −300 → −250: the difference between 750 confirmed and 1000 due
    assert [(v["a"], v["b"], v["how"]) for v in values] == [(0, -300, "减"), (-300, -250, "加"), (0, -250, "合计")]


def test_bars_show_the_largest_and_no_more() -> None:
    table = Table("t", "表", "t", (Col("n", "名", "n", "text"), Col("a", "额", "a")), [(f"H{n} 医院{n}", 100 - n) for n in range(15)], "")
    values = charts.bars(table, 0, 1)["data"]["values"]
    assert [v["name"] for v in values] == [f"医院{n}" for n in range(10)]
