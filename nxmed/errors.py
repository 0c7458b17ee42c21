"""错误与退出码 (errors that stop a run, each with what is wrong, how to mend it, and an exit code).

A finding never stops a run; these do. `text` and `hint` are Chinese, `text_en` and `hint_en` English.
"""

from __future__ import annotations

EXIT_OK = 0
EXIT_INTERNAL = 1
EXIT_USAGE = 2
EXIT_REFUSED = 3
EXIT_MISSING_NUMBER = 4
EXIT_GATE = 5
EXIT_ABSENT = 6
EXIT_INTEGRITY = 7
EXIT_STRICT = 10
EXIT_LOCKED = 75
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


class NxmedError(Exception):
    """出错 (what is wrong and how to mend it). Messages carry no identity number in full."""

    exit_code = EXIT_INTERNAL

    def __init__(self, text: str, hint: str = "", *, text_en: str = "", hint_en: str = "", where: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.hint = hint
        self.text_en = text_en or text
        self.hint_en = hint_en or hint
        self.where = where


class UsageError(NxmedError):
    """用法或配置错误 (exit 2)."""

    exit_code = EXIT_USAGE


class InputRefused(NxmedError):
    """整份文件被拒收 (exit 3): nothing is published. `problems` lists (file, reason, hint)."""

    exit_code = EXIT_REFUSED

    def __init__(
        self, text: str, hint: str = "", *, problems: list[tuple[str, str, str]] | None = None,
        problems_en: list[tuple[str, str, str]] | None = None, text_en: str = "", hint_en: str = "", where: str = "",
    ) -> None:
        super().__init__(text, hint, text_en=text_en, hint_en=hint_en, where=where)
        self.problems = problems or []
        self.problems_en = problems_en or self.problems


class MissingNumber(NxmedError):
    """缺少法规或通知规定的数字 (exit 4): names the key and the date it is missing for."""

    exit_code = EXIT_MISSING_NUMBER


class GateError(NxmedError):
    """关卡未过 (exit 5): a sealed period, an approval missing, one person in two roles."""

    exit_code = EXIT_GATE


class MissingInput(NxmedError):
    """应到的文件未到, 或没有选中任何内容 (exit 6)."""

    exit_code = EXIT_ABSENT


class IntegrityError(NxmedError):
    """完整性错误 (exit 7): a conservation equation, hash or signature does not hold."""

    exit_code = EXIT_INTEGRITY


class WorkspaceLocked(NxmedError):
    """工作区被另一个运行占用 (exit 75)."""

    exit_code = EXIT_LOCKED
