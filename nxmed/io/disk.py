"""读写错误 (errors of the disk, told in two lines)."""

from __future__ import annotations

import errno
import os
import re
from types import TracebackType

from nxmed.errors import NxmedError


class disk_errors:  # noqa: N801 - reads as a statement: `with disk_errors():`
    """把读写错误说清楚 (an OSError becomes NxmedError, exit 1, with a message in two lines)."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        found = os_error_in(problem)
        if found is not None:
            raise disk_error(found) from problem


def os_error_in(problem: BaseException | None) -> OSError | None:
    """找出读写错误 (an OSError, or the one that polars reports as its own error; None for anything else)."""
    if isinstance(problem, OSError):
        return problem
    if problem is not None and type(problem).__module__.startswith("polars"):
        number = re.search(r"os error ([0-9]+)", str(problem))
        if number:
            return OSError(int(number[1]), os.strerror(int(number[1])))
    return None


def disk_error(problem: OSError) -> NxmedError:
    """读写错误的两行说明."""
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return NxmedError(
            "磁盘空间不足，未发布任何内容",
            "腾出空间后重新运行；已有结果未变",
            text_en="The disk is full; nothing was published",
            hint_en="Free some space and run again; earlier results are unchanged",
        )
    what = problem.strerror or type(problem).__name__
    return NxmedError(
        f"读写失败（{what}），未发布任何内容",
        "检查磁盘和文件夹权限后重新运行；已有结果未变",
        text_en=f"Cannot read or write ({what}); nothing was published",
        hint_en="Check the disk and the rights of the folder and run again; earlier results are unchanged",
    )
