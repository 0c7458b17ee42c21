"""命令手册 (docs/commands.md, docs/codes.md and docs/man/nxmed.1, made from the commands themselves and the registers of codes).

`python -m nxmed.cli.reference docs` writes them; a test holds them up to date.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nxmed import __version__
from nxmed.cli import manual
from nxmed.cli.text import set_lang
from nxmed.kernel.finding_codes import CODES

EXIT_CODES: tuple[tuple[int, str, str, str], ...] = (
    (0, "已发布，或输入未变（可以有发现）", "published or up to date; findings allowed", "无需处理"),
    (1, "内部错误、磁盘满、读写失败", "internal error, disk full", "看提示；腾出空间或检查权限后再运行；仍不行请联系维护人员"),
    (2, "用法或配置不对", "wrong usage or configuration", "按提示改命令、nxmed.toml、policy.toml 或作业文件"),
    (3, "整份文件被拒收，没有发布", "a file was refused as a whole", "nxmed check 文件，把问题工作簿退给送件单位"),
    (4, "法规或通知应给的数字缺少", "a number that the law or a notice must give is missing", "在 policy.toml 里按提示的键写上数字和依据"),
    (5, "关卡未过：已封存、缺批准、一人两岗", "a gate: sealed, approval missing, one person in two roles", "已封存的到下月更正；批次找应签的人签"),
    (6, "应到的文件未到，或没有选中任何内容", "an expected file is absent, or nothing was selected", "催送件单位；作业会等，下次续上"),
    (7, "完整性：等式不成立、哈希或签名不符", "integrity: an equation, a hash or a signature does not hold", "nxmed verify 列出全部问题；从备份恢复，不要手改"),
    (10, "已发布，但有错误级发现（只在 --strict）", "published with error findings (--strict only)", "逐条看 findings"),
    (75, "工作区正被另一个运行占用", "the workspace is locked by another run", "等它结束；进程不在了锁会自动放开"),
    (130, "按 Ctrl-C 中断", "interrupted", "再运行一次；没有发布任何内容"),
    (143, "收到终止信号", "terminated", "再运行一次；没有发布任何内容"),
)
"""Exit codes: what it means, in English, what to do."""
_MARKUP = re.compile(r"\[/?[a-z]+\]")


@dataclass(frozen=True)
class Entry:
    """一条命令: its path, help in both languages, arguments and options."""

    path: str
    zh: str
    en: str
    usage: str
    params: tuple[tuple[str, str], ...]


def entries() -> list[Entry]:
    """全部命令 (groups before what is in them; nothing is left out)."""
    import typer

    from nxmed.cli.main import app

    root: Any = typer.main.get_command(app)
    return list(_walk(root, ""))


def _walk(command: Any, path: str) -> Iterator[Entry]:
    if path:
        help_text = _MARKUP.sub("", str(command.help or "")).strip()
        yield Entry(path, help_text, manual.ENGLISH.get(path, manual.SHORT.get(path, ("", ""))[1]), _usage(command, path),
                    tuple(_param(p) for p in command.params if not getattr(p, "hidden", False) and p.name != "help"))
    for name, below in sorted(getattr(command, "commands", {}).items()):
        yield from _walk(below, f"{path} {name}".strip())


def _usage(command: Any, path: str) -> str:
    words = []
    for p in command.params:
        if getattr(p, "param_type_name", "") == "argument":
            name = str(p.metavar or p.name.upper())
            words.append(name if p.required else f"[{name}]")
    rest = " COMMAND …" if getattr(command, "commands", None) else ""
    return f"nxmed {path} {' '.join(words)}".strip() + rest


def _param(p: Any) -> tuple[str, str]:
    if getattr(p, "param_type_name", "") == "argument":
        name = str(p.metavar or p.name.upper())
    else:
        name = "、".join(p.opts) + ("" if p.is_flag else f" {p.metavar or p.name.upper()}")
    return name, str(getattr(p, "help", "") or "").strip()


def commands_page() -> str:
    """命令 (every command with its options, as `--help` says them)."""
    lines = ["# 命令 (commands)", "", "由程序生成，请勿手改。每条命令都有 `--help`；`--lang en` 为英文。", ""]
    for entry in entries():
        lines += [f"{'#' * (1 + len(entry.path.split()))} nxmed {entry.path}", "", entry.zh, ""]
        if entry.en:
            lines += [f"*{entry.en}*", ""]
        lines += ["```sh", entry.usage, "```", ""]
        if entry.params:
            lines += ["| 参数、选项 | 说明 |", "|---|---|", *(f"| `{n.replace('|', chr(92) + '|')}` | {h.replace('|', chr(92) + '|')} |" for n, h in entry.params), ""]
    return "\n".join(lines).rstrip() + "\n"


def codes_page() -> str:
    """退出码和发现代码 (what each means, and what to do)."""
    lines = ["# 退出码与发现代码 (exit codes and finding codes)", "", "由程序生成，请勿手改。", "", "## 退出码", "",
             "| 码 | 意思 | meaning | 怎么办 |", "|---|---|---|---|"]
    lines += [f"| {code} | {zh} | {en} | {what} |" for code, zh, en, what in EXIT_CODES]
    lines += ["", "除 0 和 10 外，什么也没有发布，工作区保持原样。Nothing is published on any code but 0 and 10.", "", "## 发现代码", "",
              "发现不阻止发布；逐条：`nxmed sql \"select * from findings where period = '2026-12'\"`。", "",
              "| 代码 | 级别 | 意思 | meaning | 怎么办 | 依据 |", "|---|---|---|---|---|---|"]
    words = {"error": "错误", "warning": "警告", "info": "提示"}
    lines += [f"| `{c.code}` | {words[c.severity]} | {c.zh} | {c.en} | {c.next_zh} | {c.rule} |" for _, c in sorted(CODES.items())]
    return "\n".join(lines).rstrip() + "\n"


def man_page() -> str:
    """man 页 (roff; no date, so that the same program gives the same page)."""
    lines = [f'.TH NXMED 1 "" "nxmed {__version__}" "nxmed"', ".SH NAME", "nxmed \\- 医保经办月度结算 (monthly settlement of a medical-insurance agency)",
             ".SH SYNOPSIS", ".B nxmed", "COMMAND [OPTIONS] …", ".SH DESCRIPTION", "核定、到账对账、机构结算、医疗救助、拨付、月报；每个金额都能追问。",
             "Assess, reconcile, settle, assist, pay out, report; every amount can be asked why.", ".SH COMMANDS"]
    for entry in entries():
        lines += [".SS " + _roff(entry.usage), _roff(entry.zh.replace("\n", " "))]
        if entry.en:
            lines += [".PP", _roff(entry.en)]
        for name, text in entry.params:
            lines += [".TP", f".B {_roff(name)}", _roff(text) or "\\&"]
    lines += [".SH EXIT STATUS"]
    for code, zh, en, _ in EXIT_CODES:
        lines += [".TP", f".B {code}", f"{zh} ({en})"]
    lines += [".SH ENVIRONMENT", ".TP", ".B NXMED_WORKSPACE", "工作区文件夹 (the workspace folder)", ".TP", ".B NXMED_AS_OF",
              "run 和 status 的运行日 (the day that run and status work for)", ".TP", ".B NO_COLOR", "不用颜色 (no colours)"]
    return "\n".join(lines) + "\n"


def _roff(text: str) -> str:
    """Backslashes, hyphens and leading dots as roff wants them."""
    made = text.replace("\\", "\\\\").replace("-", "\\-")
    return "\\&" + made if made.startswith((".", "'")) else made


def write(folder: Path) -> None:
    """写三页."""
    (folder / "man").mkdir(exist_ok=True)
    (folder / "commands.md").write_text(commands_page(), encoding="utf-8")
    (folder / "codes.md").write_text(codes_page(), encoding="utf-8")
    (folder / "man" / "nxmed.1").write_text(man_page(), encoding="utf-8")


if __name__ == "__main__":
    set_lang("zh")  # before the commands are imported: their options speak the language of that moment
    write(Path(sys.argv[1]))
