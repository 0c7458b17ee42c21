# Everything here is also runnable by hand; see README.md.

# install into the current environment and run the sample month
demo:
    python3 -m pip install -c constraints.txt . && nxmed demo

# tests, lint, types, import rules
check: test lint

test:
    python3 -m pytest

lint:
    ruff check .
    mypy
    lint-imports

# ratios against bare polars and DuckDB scripts in the same run, and peak memory
bench:
    python3 tests/bench/run_all.py

# the docs as a site, built without network
site:
    bash .ci/site

# wheels with hashes, for a machine without network
bundle:
    bash .ci/bundle

# what CI runs
ci:
    bash .ci/run

# pages generated from schemas and law files
pages:
    python3 -m nxmed.io.pages docs
    python3 -m nxmed.law.pages > docs/rules.md
    python3 -m nxmed.cli.reference docs
