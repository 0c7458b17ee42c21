"""入口 (entry point): picks the language, runs the command, turns every error into two lines and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def _language(arguments: Sequence[str]) -> str | None:
    for i, word in enumerate(arguments):
        if word == "--lang" and i + 1 < len(arguments):
            return arguments[i + 1]
        if word.startswith("--lang="):
            return word.partition("=")[2]
    return None


def main(arguments: Sequence[str] | None = None) -> None:
    """Run nxmed and leave with its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    from nxmed.cli import text

    text.set_lang(_language(words))
    from nxmed.cli.main import run

    sys.exit(run(words))


if __name__ == "__main__":
    main()
