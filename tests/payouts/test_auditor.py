"""审计: what the auditor's page does with standard tools gives what nxmed says."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from pathlib import Path

from agency import PEOPLE, STEPS, account, agency, item, staff

from nxmed.io import payout_store
from nxmed.kernel.period import Period
from nxmed.pipelines.payout_build import build_payout
from nxmed.pipelines.payout_steps import content_of, sign_step

ROOT = Path(__file__).parents[2]
BAT = "2611A61010064010401"


def test_the_canonical_text_by_sql_alone(tmp_path: Path) -> None:
    ws = agency(tmp_path / "ws", [item("I1", "P1", 100_005), item("I2", "P2", 7, source_key="K\\n2"), item("I3", "P1", 10)],
                [account("P1", "901", acctname="甲\\乙", bank_name="某行"), account("P2", "902"), account("640104", "903", ptcp_type="6", acctname="支\\出户")])
    build_payout(ws, Period.parse("2026-11"), "assist")
    sql = (ROOT / "docs" / "payout-content.sql").read_text(encoding="utf-8")
    query = re.sub(r"(?m)^(\.|--).*\n", "", sql).replace(":bat_no", f"'{BAT}'")
    connection = sqlite3.connect(ws.path / "payouts.sqlite")
    text = "".join(f"{line}\n" for (line,) in connection.execute(query))
    connection.close()
    assert text.encode() == content_of(ws, BAT)
    assert "甲\\\\乙" in text


def test_three_signatures_with_ssh_keygen_alone(tmp_path: Path, keys: Path) -> None:
    ws = staff(agency(tmp_path / "ws", [item("I1", "P1", 100)], [account("P1")]), keys)
    build_payout(ws, Period.parse("2026-11"), "assist")
    for step, person in zip(STEPS, PEOPLE, strict=True):
        sign_step(ws, BAT, step, key=keys / person)
    with payout_store.reading(ws) as store:
        signed = store.signatures(BAT)
    assert [s["person"] for s in signed] == list(PEOPLE)
    for s in signed:
        (tmp_path / "sig").write_text(s["signature"])
        at = re.sub(r"[-:T]", "", s["at"])
        words = ["ssh-keygen", "-Y", "verify", "-f", str(ws.path / "allowed_signers"), "-I", s["person"], "-n", "nxmed-payout",
                 "-O", f"verify-time={at}", "-s", str(tmp_path / "sig")]
        good = subprocess.run(words, input=s["statement"].encode(), capture_output=True, check=False)
        bad = subprocess.run(words, input=s["statement"].encode() + b" ", capture_output=True, check=False)
        assert (good.returncode, bad.returncode != 0) == (0, True)
