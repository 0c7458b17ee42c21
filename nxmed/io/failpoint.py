"""故障点 (failpoints): places where a test may kill, or fail, a publishing process. Idle unless NXMED_FAILPOINT is set.

`NXMED_FAILPOINT=<name>[:kill|:enospc|:eio|:stop]`; without an action the process is killed.
"""

from __future__ import annotations

import errno
import os
import signal

BEFORE_COMMIT: tuple[str, ...] = (
    "build.folder",
    "table.write",
    "table.written",
    "outbox.stage",
    "log.write",
    "manifest.write",
    "manifest.written",
    "fsync.file",
    "fsync.folder",
    "deliver.copy",
    "head.write",
    "run.rename",
)
"""Points before the rename: stopping there leaves the workspace as it was."""

AFTER_COMMIT: tuple[str, ...] = (
    "run.renamed",
    "catalogue.build",
    "catalogue.built",
    "head.replace",
    "head.replaced",
    "outbox.replace",
    "outbox.replaced",
    "catalogue.swap",
    "catalogue.swapped",
)
"""Points after the rename: the run is there whole, and the next command completes what follows it."""

FAILPOINTS: tuple[str, ...] = BEFORE_COMMIT + AFTER_COMMIT


def failpoint(name: str) -> None:
    """故障点: do what NXMED_FAILPOINT asks for at `name`; nothing without it."""
    wanted = os.environ.get("NXMED_FAILPOINT")
    if not wanted:
        return
    place, _, action = wanted.partition(":")
    if place != name:
        return
    if action in ("", "kill"):
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif action == "enospc":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    elif action == "eio":
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    else:
        raise ValueError(f"NXMED_FAILPOINT: {action}")
