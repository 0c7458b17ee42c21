"""文档 (docs): every command and code documented, links whole, the site built without network, man page readable."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def test_generated_pages_are_up_to_date(tmp_path: Path) -> None:
    """Made anew in a process of its own: the words of options are those of the language at its start."""
    subprocess.run([sys.executable, "-m", "nxmed.cli.reference", str(tmp_path)], check=True, env={**os.environ, "LANG": "en_US.UTF-8"})
    for name in ("commands.md", "codes.md", "man/nxmed.1"):
        assert (tmp_path / name).read_text("utf-8") == (DOCS / name).read_text("utf-8"), f"python -m nxmed.cli.reference docs writes {name} anew"


def test_every_command_has_its_help_in_both_languages_and_its_options_explained() -> None:
    from nxmed.cli.reference import entries

    found = entries()
    assert len(found) > 25
    assert [e.path for e in found if not re.search(r"[\u4e00-\u9fff]", e.zh)] == []
    assert [e.path for e in found if not e.en] == []
    assert [(e.path, name) for e in found for name, text in e.params if not text] == []


def test_every_exit_code_is_in_the_help_the_page_and_the_man_page() -> None:
    from nxmed import errors
    from nxmed.cli.reference import EXIT_CODES

    known = {v for n, v in vars(errors).items() if n.startswith("EXIT_")}
    assert {code for code, *_ in EXIT_CODES} == known
    page, man = (DOCS / "codes.md").read_text("utf-8"), (DOCS / "man/nxmed.1").read_text("utf-8")
    assert all(f"| {code} |" in page and f".B {code}\n" in man for code in known)


def test_no_link_of_a_page_leads_nowhere() -> None:
    broken = []
    for page in [*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "README.zh-CN.md"]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists():
                broken.append((page.relative_to(ROOT).as_posix(), target))
    assert broken == []


class Fetched(HTMLParser):
    """What a page would load from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        wanted = {"script": "src", "link": "href", "img": "src", "iframe": "src"}
        self.found += [str(v) for n, v in attrs if wanted.get(tag) == n and re.match(r"(https?:)?//", str(v))]


def test_the_site_is_built_without_network_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    done = subprocess.run(["bash", str(ROOT / ".ci/site"), str(tmp_path / "site")], capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = sorted((tmp_path / "site").rglob("*.html"))
    assert {"index.html", "quickstart.html", "operations.html", "codes.html"} <= {p.name for p in pages}
    for page in pages:
        seen = Fetched()
        seen.feed(page.read_text("utf-8"))
        assert seen.found == [], page.name


def test_the_man_page_is_well_formed() -> None:
    groff = shutil.which("groff")
    if groff is None:
        assert (DOCS / "man/nxmed.1").read_text("utf-8").startswith(".TH NXMED 1")
        return
    done = subprocess.run([groff, "-man", "-Tutf8", "-Kutf8", "-ww", "-z", str(DOCS / "man/nxmed.1")], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert [x for x in done.stderr.splitlines() if "error" in x] == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str) -> None:
    done = subprocess.run([sys.executable, "-m", "nxmed"], capture_output=True, text=True, check=False,
                          env={**os.environ, "_NXMED_COMPLETE": f"source_{shell}", "_PYTHON__M_NXMED_COMPLETE": f"source_{shell}"})
    assert "nxmed" in done.stdout.lower()
