"""入口 (entry point): picks the language, runs the command, turns every error into two lines and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run nxmed and leave with its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    from nxmed.cli import text

    text.set_lang(text.language_in(words))
    from nxmed.cli.main import run

    sys.exit(run(words))


if __name__ == "__main__":
    main()
