"""读写错误 (errors of the disk, told in two lines)."""

from __future__ import annotations

import errno
from types import TracebackType

from nxmed.errors import NxmedError


class disk_errors:  # noqa: N801 - reads as a statement: `with disk_errors():`
    """把读写错误说清楚 (an OSError becomes NxmedError, exit 1, with a message in two lines)."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(problem, OSError):
            raise disk_error(problem) from problem


def disk_error(problem: OSError) -> NxmedError:
    """读写错误的两行说明."""
    if problem.errno in (errno.ENOSPC, errno.EDQUOT) or "os error 28" in str(problem):
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
