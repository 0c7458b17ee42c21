"""银行版式文件: an unknown key or a contradiction is refused, naming the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from batches import layout, table

from nxmed.errors import UsageError
from nxmed.io.workspace import init
from nxmed.payouts.layouts import layout_from
from nxmed.pipelines.bank_layouts import layouts


def test_the_two_samples() -> None:
    csv, fixed = layout("gbk-csv"), layout("fixed-fen")
    assert (csv.amount, csv.encoding, csv.rows_per_file, csv.fixed) == ("yuan", "gbk", 0, False)
    assert (fixed.amount, fixed.rows_per_file, fixed.fixed) == ("fen", 500, True)
    assert csv.returns is not None
    assert dict(csv.returns.states)["退汇"] == "3"


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("gbk-csv", {"colums": []}, "不认识的项 colums"), ("gbk-csv", {"id": "GBK"}, "id 只能"), ("gbk-csv", {"encoding": "big5"}, "encoding 只能"),
    ("gbk-csv", {"amount": "li"}, "amount 只能"), ("gbk-csv", {"rows_per_file": -1}, "rows_per_file"), ("gbk-csv", {"rows_per_file": "5"}, "rows_per_file"),
    ("gbk-csv", {"rows_per_file": 100}, "{part}"), ("gbk-csv", {"file_name": "../{bat_no}.csv"}, "file_name"),
    ("gbk-csv", {"file_name": "付款.csv"}, "{bat_no}"), ("gbk-csv", {"separator": "1"}, "separator"), ("gbk-csv", {"separator": "|!"}, "quoted"),
    ("gbk-csv", {"rare": "drop"}, "rare 只能"), ("gbk-csv", {"encoding": "utf-8"}, "rare"), ("gbk-csv", {"line_end": "cr"}, "line_end"),
    ("gbk-csv", {"columns": [{"field": "certno"}]}, "没有字段 certno"), ("gbk-csv", {"columns": [{"field": "amt", "text": "x"}]}, "field 或 text"),
    ("gbk-csv", {"columns": [{"field": "amt", "colour": 1}]}, "colour"), ("gbk-csv", {"columns": [{"field": "amt"}]}, "columns 缺少 bankacct"),
    ("gbk-csv", {"columns": [{"field": "acctname", "cut": True}]}, "只有用途和附言"), ("gbk-csv", {"header": [{"field": "bankacct"}]}, "没有字段"),
    ("fixed-fen", {"columns": [{"field": "amt"}]}, "要写 width"), ("fixed-fen", {"columns": [{"field": "amt", "width": 5, "pad": "零"}]}, "pad"),
    ("gbk-csv", {"return": {"columns": []}}, "return.states"), ("gbk-csv", {"return": {"states": {"成功": "9"}}}, "return.states"),
    ("gbk-csv", {"return": {"states": {"成功": "1"}, "columns": [{"field": "pay_sn", "title": "x"}]}}, "return.columns 缺少 bat_no"),
    ("gbk-csv", {"titel": "x"}, "不认识的项 titel"),
]


@pytest.mark.parametrize(("name", "over", "said"), WRONG)
def test_what_a_layout_may_not_say(name: str, over: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        layout(name, **over)
    assert said in caught.value.text
    assert f"{name}.toml" in caught.value.text
    assert f"{name}.toml" in caught.value.text_en


def test_a_layout_needs_its_parts() -> None:
    for key in ("id", "zh", "en", "file_name", "columns"):
        short = {k: v for k, v in table("gbk-csv").items() if k != key}
        with pytest.raises(UsageError, match=f"缺少 {key}"):
            layout_from(short, "x.toml")


def test_a_workspace_adds_layouts_of_its_own(tmp_path: Path) -> None:
    ws = init(tmp_path / "ws", "ningxia")
    assert sorted(layouts(ws)) == ["fixed-fen", "gbk-csv"]
    folder = ws.path / "banks"
    folder.mkdir()
    text = (Path(__file__).parents[2] / "schemas/banks/gbk-csv.toml").read_text("utf-8")
    (folder / "ours.toml").write_text(text.replace('id = "gbk-csv"', 'id = "ours"'), "utf-8")
    assert sorted(layouts(ws)) == ["fixed-fen", "gbk-csv", "ours"]
    (folder / "again.toml").write_text(text, "utf-8")
    with pytest.raises(UsageError, match="已被另一份版式使用"):
        layouts(ws)
    (folder / "again.toml").write_text("id = ", "utf-8")
    with pytest.raises(UsageError, match="不是有效的 TOML"):
        layouts(ws)
