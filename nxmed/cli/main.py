"""命令总表 (all commands), and how errors are told: what is wrong, how to mend it, the exit code."""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer

from nxmed import __version__
from nxmed.cli.text import lang, t
from nxmed.errors import (
    EXIT_INTERNAL,
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_TERMINATED,
    EXIT_USAGE,
    InputRefused,
    NxmedError,
)

app = typer.Typer(
    name="nxmed",
    help=t("医保经办月度结算：核定、到账对账、追溯。\n\n退出码：0 已发布或无需更新 · 1 内部错误 · 2 用法或配置 · 3 输入被拒 · "
           "4 缺少法定数字 · 5 关卡未过 · 6 文件未到 · 7 完整性 · 10 严格模式有错误发现 · 75 工作区被占用 · 130/143 中断",
           "Monthly settlement of a medical-insurance agency: assess, reconcile, explain.\n\nExit codes: 0 published or "
           "up to date · 1 internal · 2 usage or configuration · 3 input refused · 4 a legal number is missing · 5 gate · "
           "6 file absent · 7 integrity · 10 strict: error findings · 75 locked · 130/143 interrupted"),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

MONTH = t("月度业务", "The month")
TRACE = t("追溯", "Tracing")
LAW = t("法规", "Law")
NIGHT = t("运行", "Operations")
SETUP = t("准备", "Setting up")

COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("init", "nxmed.cli.init", SETUP),
    ("demo", "nxmed.cli.demo", SETUP),
    ("samples", "nxmed.cli.samples", SETUP),
    ("check", "nxmed.cli.check", MONTH),
    ("assess", "nxmed.cli.assess", MONTH),
    ("reconcile", "nxmed.cli.reconcile", MONTH),
    ("settle", "nxmed.cli.settle", MONTH),
    ("assist", "nxmed.cli.assist", MONTH),
    ("payout", "nxmed.cli.payout", MONTH),
    ("cases", "nxmed.cli.cases", MONTH),
    ("report", "nxmed.cli.report", MONTH),
    ("explain", "nxmed.cli.explain", TRACE),
    ("runs", "nxmed.cli.runs", TRACE),
    ("verify", "nxmed.cli.verify", TRACE),
    ("sql", "nxmed.cli.sql", TRACE),
    ("catalogue", "nxmed.cli.catalogue", TRACE),
    ("law", "nxmed.cli.law", LAW),
    ("run", "nxmed.cli.run", NIGHT),
    ("status", "nxmed.cli.status", NIGHT),
    ("doctor", "nxmed.cli.doctor", NIGHT),
    ("schedule", "nxmed.cli.schedule", NIGHT),
    ("archive", "nxmed.cli.archive", NIGHT),
    ("notify", "nxmed.cli.notify", NIGHT),
)
"""Command, module, panel. A module has `command` (a function) or `app` (a group of commands)."""


def _register() -> None:
    for name, module_name, panel in COMMANDS:
        module = importlib.import_module(module_name)
        group = getattr(module, "app", None)
        if group is not None:
            app.add_typer(group, name=name, rich_help_panel=panel)
        else:
            app.command(name, rich_help_panel=panel)(module.command)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"nxmed {__version__}\n")
        raise typer.Exit(0)


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True,
                                          help=t("显示版本", "show the version"))] = False,
    lang: Annotated[str | None, typer.Option("--lang", metavar="zh|en", show_default=False,
                                             help=t("界面语言", "language of the messages"))] = None,
) -> None:
    del version, lang


class NxmedUsage(NxmedError):
    """用法错误 (wrong words on the command line)."""

    exit_code = EXIT_USAGE


def _tell(text: str, hint: str) -> None:
    sys.stderr.write(f"✘ {text}\n")
    if hint:
        sys.stderr.write(f"  → {hint}\n")


def _usage_text(problem: Exception) -> tuple[str, str]:
    """Chinese for typer's own usage errors."""
    kind = type(problem).__name__
    param = getattr(problem, "param", None)
    name = ""
    if param is not None:
        shown = getattr(param, "opts", None) or [getattr(param, "name", "")]
        name = str(getattr(param, "metavar", None) if getattr(param, "param_type_name", "") == "argument" else shown[0])
        name = name if name and name != "None" else str(getattr(param, "human_readable_name", shown[0]))
    english = str(getattr(problem, "format_message", lambda: str(problem))())
    context = getattr(problem, "ctx", None)
    path = getattr(context, "command_path", "nxmed")
    hint = t(f"查看用法：{path} --help", f"see: {path} --help")
    if kind == "MissingParameter":
        return t(f"缺少参数：{name}", english), hint
    if kind == "NoSuchOption":
        near = "、".join(getattr(problem, "possibilities", None) or ())
        return t(f"没有这个选项：{getattr(problem, 'option_name', '')}" + (f"（是不是 {near}？）" if near else ""), english), hint
    if kind == "NoArgsIsHelpError" or english.startswith("Missing command"):
        return t(f"缺少命令：{path} 之后写哪一个", f"Missing command after {path}"), hint
    if english.startswith("No such command"):
        typed, *others = re.findall(r"'([^']*)'", english)
        return t(f"没有这个命令：{typed}" + (f"（是不是 {'、'.join(others)}？）" if others else ""), english), hint
    if english.startswith("Got unexpected extra argument"):
        return t(f"多写了参数：{english.partition('(s) (')[2].removesuffix(')')}", english), hint
    if kind == "BadOptionUsage":
        option = getattr(problem, "option_name", "")
        takes = "does not take" not in english
        return t(f"选项 {option} 后面要写一个值" if takes else f"选项 {option} 后面不写值", english), hint
    if kind == "BadParameter":
        if "valid integer" in english:
            return t(f"参数 {name} 的值不对：应为整数", english), hint
        return t(f"参数 {name} 的值不对：{getattr(problem, 'message', '')}", english), hint
    return t(f"用法不对：{english}", english), hint


def _interrupted(number: int, frame: FrameType | None) -> NoReturn:
    del frame
    raise SystemExit(EXIT_TERMINATED if number == signal.SIGTERM else EXIT_INTERRUPTED)


def run(words: Sequence[str]) -> int:
    """Run one command line, give its exit code, and note both in the workspace's journal."""
    begun = time.monotonic()
    code = _run(words)
    if not {"--help", "-h", "--version"} & set(words):
        from nxmed.io import journal

        journal.note(words, code, f"{time.monotonic() - begun:.1f}", environment=os.environ.get("NXMED_WORKSPACE"))
    return code


def _run(words: Sequence[str]) -> int:
    """Every error becomes two lines on stderr and an exit code."""
    from typer.exceptions import Abort, TyperException

    as_json = "--json" in words
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        result = _tree()(args=_without_language(words), standalone_mode=False, prog_name="nxmed")
        sys.stdout.flush()
        if result == EXIT_INTERRUPTED:  # typer turns Ctrl-C into this
            raise KeyboardInterrupt
        return result if isinstance(result, int) and not isinstance(result, bool) else 0
    except NxmedError as problem:
        return _known(problem, as_json=as_json)
    except TyperException as problem:
        if type(problem).__name__ == "NoArgsIsHelpError" and not as_json:
            sys.stdout.write(problem.format_message() + "\n")
            return EXIT_USAGE
        return _fail(EXIT_USAGE, *_usage_text(problem), as_json=as_json)
    except (KeyboardInterrupt, Abort):
        return _fail(EXIT_INTERRUPTED, t("已中断，未发布任何内容", "interrupted, nothing was published"), "", as_json=as_json)
    except BrokenPipeError:
        return _reader_left()
    except SystemExit as leave:
        if isinstance(leave.__context__, BrokenPipeError):  # typer turns a reader that left into this
            return _reader_left()
        if leave.code == EXIT_TERMINATED:
            return _fail(EXIT_TERMINATED, t("已终止，未发布任何内容", "terminated, nothing was published"), "", as_json=as_json)
        return leave.code if isinstance(leave.code, int) else EXIT_INTERNAL
    except OSError as problem:
        what = problem.strerror or type(problem).__name__
        return _fail(EXIT_INTERNAL, t(f"读写失败：{what}", f"cannot read or write: {what}"),
                     t("检查磁盘空间和文件权限后重新运行；已有结果未变",
                       "check disk and rights and run again; earlier results are unchanged"), as_json=as_json)
    except Exception as problem:
        return _unknown(problem, as_json=as_json)


def _without_language(words: Sequence[str]) -> list[str]:
    """--lang counts wherever it stands (it was obeyed before the commands were built); only two languages are there."""
    from nxmed.cli.text import language_in

    asked = language_in(words)
    if asked not in (None, "zh", "en"):
        raise NxmedUsage(f"不认识的语言：{asked}", "--lang zh 或 --lang en", text_en=f"no such language: {asked}",
                         hint_en="--lang zh or --lang en")
    kept = [w for i, w in enumerate(words) if not w.startswith("--lang=") and (i == 0 or words[i - 1] != "--lang")]
    return [w for i, w in enumerate(kept) if w != "--lang" or (i == len(kept) - 1 and asked is None)]


def _tree() -> Any:
    """All commands, their help in the chosen language."""
    from nxmed.cli.manual import dress

    root = typer.main.get_command(app)
    dress(root)
    return root


def _reader_left() -> int:
    """Quiet end when the reader of a pipe has seen enough (`nxmed … | head`)."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_OK


def _fail(code: int, text: str, hint: str, *, as_json: bool, problems: Sequence[tuple[str, str, str]] = ()) -> int:
    """Two lines on stderr; with --json also the one document on stdout."""
    _tell(text, hint)
    if as_json:
        sys.stdout.write(json.dumps({"status": "error", "exit_code": code, "message": text, "hint": hint,
                                     "problems": [{"file": f, "reason": r, "hint": m} for f, r, m in problems]},
                                    ensure_ascii=False) + "\n")
    return code


def _known(problem: NxmedError, *, as_json: bool) -> int:
    problems = []
    if isinstance(problem, InputRefused):
        problems = problem.problems if lang() == "zh" else problem.problems_en
    code = _fail(problem.exit_code, t(problem.text, problem.text_en), t(problem.hint, problem.hint_en),
                 as_json=as_json, problems=problems)
    if len(problems) > 1:  # a single one is what the two lines say
        for file, reason, mend in problems:
            sys.stderr.write(f"  {file}: {reason}" + (f" → {mend}" if mend else "") + "\n")
    return code


def _unknown(problem: Exception, *, as_json: bool) -> int:
    """An error nobody foresaw: its place is told, its text is not (it may carry personal data)."""
    import traceback

    if os.environ.get("NXMED_TRACEBACK") == "1":
        traceback.print_exc()
    last = traceback.extract_tb(problem.__traceback__)[-1]
    place = f"{type(problem).__name__} {os.path.basename(last.filename)}:{last.lineno}"
    return _fail(EXIT_INTERNAL, t(f"内部错误（{place}），未发布任何内容", f"internal error ({place}), nothing was published"),
                 t("请保留输入文件并联系维护人员", "keep the input files and call the maintainers"), as_json=as_json)


_register()
