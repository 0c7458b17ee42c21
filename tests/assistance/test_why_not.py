"""Why nothing: claims and settlements that bring no payment of their own are explained, not only items that are listed."""

from __future__ import annotations

import pytest

from nxmed.errors import MissingInput
from nxmed.io.workspace import Workspace, init
from nxmed.kernel.period import Period
from nxmed.pipelines.assist import run_assist
from nxmed.pipelines.explain_assistance import explain_assistance
from nxmed.pipelines.story import Story
from nxmed.samples.assistance_files import assistance_files, made_book


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = init(tmp_path_factory.mktemp("why") / "ws", "ningxia", None)
    for path, content in assistance_files()[0].items():
        target = made.path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    run_assist(made, Period(2026, 11))
    return made


def planted(code: str) -> str:
    """The number that a planted finding of November names."""
    rows = [p for p in made_book().plants if p["code"] == code and p["month"] == "2026-11"]
    cells = dict(part.split("=", 1) for part in rows[0]["key"].split(";"))
    return cells.get("setl_id") or cells["ref_no"]


def told(story: Story, title: str) -> list[str]:
    return [s.value.zh + "|" + s.how.zh for s in story.steps if s.title.zh == title]


def test_a_repeated_claim_leads_to_the_item_that_is_paid(ws: Workspace) -> None:
    key = planted("CLAIM_REPEATED")
    story = explain_assistance(ws, key, why_not=True)
    first = story.steps[0]
    assert first.value.zh == key
    assert "同一笔费用已有申请" in first.how.zh
    assert story.replayed["ordinary_amt"] == "900.00"


def test_a_claim_without_the_certificate_says_that_it_is_on_the_list(ws: Workspace) -> None:
    story = explain_assistance(ws, planted("CERTIFICATE_MISSING"), why_not=True)
    assert story.replayed["delta_ordinary"] == "4,000.00"
    assert "列入待申请名单" in told(story, "为何没有")[0]


@pytest.mark.parametrize(("code", "words"), [("NO_STANDARD", "身份没有救助标准"), ("CLAIM_NOT_COVERED", "不是门诊慢特病或住院")])
def test_the_first_reason_is_told(ws: Workspace, code: str, words: str) -> None:
    story = explain_assistance(ws, planted(code), why_not=True)
    assert words in told(story, "为何没有")[0]


def test_what_nobody_delivered_is_not_found(ws: Workspace) -> None:
    with pytest.raises(MissingInput) as problem:
        explain_assistance(ws, "NOSUCH", why_not=True)
    assert problem.value.exit_code == 6


def test_an_item_in_no_batch_yet_says_so(ws: Workspace) -> None:
    [key] = [p["key"].split(";")[0].removeprefix("source_key=") for p in made_book().plants
             if p["table"] == "payout_items" and "amt=7500.00" in p["expect"]]
    story = explain_assistance(ws, key)
    assert told(story, "拨付") == ["尚未编批|nxmed payout build"]
