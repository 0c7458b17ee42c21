"""运行结果的样子 (an outcome on screen and as JSON)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import typer

from nxmed.cli.text import count, out, t, table
from nxmed.errors import EXIT_OK, EXIT_STRICT
from nxmed.kernel.finding_codes import CODES
from nxmed.kernel.money import yuan, yuan_grouped
from nxmed.pipelines.outcome import Outcome

SEVERITY = {"error": ("✘ 错误", "✘ error"), "warning": ("! 警告", "! warning"), "info": ("· 提示", "· info")}
RANK = {"error": 0, "warning": 1, "info": 2}
STATUS = {
    "published": ("已发布", "published"),
    "up_to_date": ("输入未变，无需重算", "up to date: inputs unchanged"),
    "dry_run": ("试算，未发布", "dry run, nothing published"),
}


def exit_code(outcome: Outcome, *, strict: bool) -> int:
    """退出码 (0, or 10 with --strict when findings of severity error exist)."""
    return EXIT_STRICT if strict and outcome.errors else EXIT_OK


def conclude(
    outcome: Outcome, show: Callable[[Outcome], None], *, strict: bool, json: bool, next_commands: Sequence[str]
) -> NoReturn:
    """说结果并退出 (one JSON document, or the command's own figures and what follows every command; then its exit code)."""
    code = exit_code(outcome, strict=strict)
    if json:
        as_json(outcome, code=code, next_commands=next_commands)
    else:
        show(outcome)
        tail(outcome, next_commands)
    raise typer.Exit(code)


def findings_table(outcome: Outcome) -> Any:
    """发现汇总表."""
    rows = []
    for code in sorted(outcome.finding_counts, key=lambda c: (RANK[CODES[c].severity], c)):
        known = CODES[code]
        rows.append([t(*SEVERITY[known.severity]), code, t(known.zh, known.en), count(outcome.finding_counts[code]),
                     t(known.next_zh, known.next_en)])
    columns = [(t("级别", "level"), "left"), (t("代码", "code"), "left"), (t("发现", "finding"), "left"),
               (t("条数", "count"), "right"), (t("怎么办", "what to do"), "left")]
    return table(columns, rows)


def equation_lines(outcome: Outcome) -> list[str]:
    """守恒等式, 逐条一行 (the reading of all files as one)."""
    read = [e for e in outcome.equations if str(e["id"]).startswith("read.")]
    lines = []
    if read:
        total = sum(int(n) for e in read for n in e["left"].values())
        lines.append(t(f"  ✔ {len(read)} 个文件：读到 = 接收 + 拒收 + 重复  {count(total)} 行",
                       f"  ✔ {len(read)} files: read = accepted + rejected + duplicates  {count(total)} rows"))
    for e in outcome.equations:
        if e in read:
            continue
        zh, en = str(e["zh"]), str(e.get("en") or e["id"])
        if not e["right"]:
            lines.append(t(f"  ✔ {zh}：不符 0", f"  ✔ {en}: 0 differ"))
            continue
        unit = t("元", "yuan") if e["unit"] == "fen" else t("行", "rows")
        lines.append(f"  ✔ {t(zh, en)}  {sum_text(list(e['left'].values()), e['unit'])} {unit}")
    return lines


def sum_text(values: Sequence[Any], unit: str) -> str:
    """一边的合计 (amounts are yuan text, counts numbers)."""
    if unit != "fen":
        return count(sum(int(v) for v in values))
    return yuan_grouped(sum(_fen(str(v)) for v in values))


def _fen(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    whole, _, part = text.lstrip("-").partition(".")
    return sign * (int(whole) * 100 + int((part + "00")[:2]))


REGIONS_EN = {"宁夏": "Ningxia", "定西": "Dingxi"}


def region(outcome: Outcome) -> str:
    """地区名."""
    name = str(outcome.facts.get("region_name", ""))
    return t(name, REGIONS_EN.get(name, name))


def head(outcome: Outcome, zh: str, en: str, more: Sequence[str] = ()) -> str:
    """首行: what ran, for which month, how it ended."""
    month = "费款所属期" if outcome.command in ("assess", "reconcile") else "月份"
    parts = [t(f"{zh} {month} {outcome.period}", f"{en} {outcome.period}"), *more, t(*STATUS[outcome.status]), outcome.run_id]
    return " · ".join(p for p in parts if p)


def tail(outcome: Outcome, next_commands: Sequence[str]) -> None:
    """末尾: equations, findings, rejected rows, where things lie, the next command last."""
    out(t("守恒", "Conservation"), *equation_lines(outcome))
    if outcome.rejected:
        where = "、".join(str(p) for p in outcome.quarantine)
        out(t(f"拒收 {count(outcome.rejected)} 行，见 {where}", f"{count(outcome.rejected)} rows rejected, see {where}"))
    if outcome.finding_counts:
        out("", findings_table(outcome))
        out(t(f"  逐条查看：nxmed sql \"select * from findings where command='{outcome.command}' and period='{outcome.period}'\"",
              f"  one by one: nxmed sql \"select * from findings where command='{outcome.command}' and period='{outcome.period}'\""))
    if outcome.run_dir is not None:
        out("", t(f"写出 {outcome.run_dir}", f"written to {outcome.run_dir}"))
        for path in outcome.files:
            out(f"     {path}")
        if outcome.unfinished:
            out(t("! 结果已发布；对外文件或查询目录尚未放好，下一条命令会补齐（请先检查磁盘）",
                  "! published; copies for others or the catalogue are not in place yet: the next command completes them (check the disk)"))
    for command in next_commands:
        out(t(f"下一步：{command}", f"next: {command}"))


def as_json(outcome: Outcome, *, code: int, next_commands: Sequence[str]) -> None:
    """一个 JSON 文档 (amounts as text)."""
    facts = {k.removesuffix("_fen") if k.endswith("_fen") else k: yuan(v) if k.endswith("_fen") and v is not None else v
             for k, v in outcome.facts.items()}
    document = {
        "schema": "nxmed.result/1", "command": outcome.command, "period": outcome.period, "status": outcome.status,
        "run_id": outcome.run_id, "exit_code": code, "facts": _amounts(facts), "controls": outcome.equations,
        "findings": dict(sorted(outcome.finding_counts.items())), "rejected": outcome.rejected,
        "statement": outcome.statement, "run": str(outcome.run_dir) if outcome.run_dir else None,
        "outputs": [str(p) for p in outcome.files], "quarantine": [str(p) for p in outcome.quarantine],
        "next": list(next_commands),
    }
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1, default=str) + "\n")


def _amounts(value: Any) -> Any:
    """Yuan text for every nested name that ends in _fen."""
    if isinstance(value, dict):
        return {(k.removesuffix("_fen") if k.endswith("_fen") else k): (yuan(v) if k.endswith("_fen") and isinstance(v, int)
                                                                       else _amounts(v)) for k, v in value.items()}
    if isinstance(value, list):
        return [_amounts(v) for v in value]
    return value
