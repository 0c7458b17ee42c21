"""三人三钥: all 27 ways in which three people can do three steps, and every way to be refused."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from agency import PEOPLE, STEPS, account, agency, copy_of, item, make_key, signers, staff

from nxmed.errors import GateError, IntegrityError, MissingInput, NxmedError, UsageError
from nxmed.io import payout_store
from nxmed.io.workspace import Workspace, open_workspace
from nxmed.kernel.period import Period
from nxmed.pipelines.payout_build import build_payout
from nxmed.pipelines.payout_steps import cancel, content_of, sign_step

BAT = "2611A61010064010401"
EVERYTHING: Mapping[str, Sequence[str]] = dict.fromkeys(PEOPLE, STEPS)


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """The catalogue is looked at elsewhere."""
    patch = pytest.MonkeyPatch()
    patch.setattr("nxmed.pipelines.payout_gate.refresh", lambda ws: True)
    patch.setattr("nxmed.io.recovery.recover", lambda ws: [])
    yield
    patch.undo()


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Workspace:
    ws = agency(tmp_path_factory.mktemp("draft") / "ws", [item("I1", "P1", 12345), item("I2", "P2", 55)], [account("P1"), account("P2")])
    build_payout(ws, Period.parse("2026-11"), "assist")
    return staff(ws, keys)


@pytest.fixture
def ws(draft: Workspace, tmp_path: Path) -> Workspace:
    return copy_of(draft, tmp_path / "ws")


def state_of(ws: Workspace) -> str:
    with payout_store.reading(ws) as store:
        return str(store.batch(BAT)["state"])


def through(ws: Workspace, keys: Path, who: Sequence[str]) -> str:
    """Do the three steps by these people until one is refused (exit 5); the state that is reached."""
    for step, person in zip(STEPS, who, strict=False):
        try:
            sign_step(ws, BAT, step, key=keys / person)
        except GateError:
            break
    return state_of(ws)


def test_of_27_ways_only_those_of_three_people_pass(draft: Workspace, keys: Path, tmp_path: Path) -> None:
    passed = []
    for n, who in enumerate(itertools.product(PEOPLE, repeat=3)):
        ws = staff(copy_of(draft, tmp_path / str(n)), keys, EVERYTHING)
        if through(ws, keys, who) == "approved":
            passed.append(who)
    assert passed == list(itertools.permutations(PEOPLE))  # 3! = 6


def test_with_one_role_each_only_one_way_passes(draft: Workspace, keys: Path, tmp_path: Path) -> None:
    passed = []
    for n, who in enumerate(itertools.product(PEOPLE, repeat=3)):
        ws = copy_of(draft, tmp_path / str(n))
        if through(ws, keys, who) == "approved":
            passed.append(who)
    assert passed == [("zhang", "li", "wang")]


@pytest.mark.parametrize("order", [o for o in itertools.permutations(STEPS) if o != STEPS])
def test_steps_come_in_their_order(ws: Workspace, keys: Path, order: tuple[str, ...]) -> None:
    of = dict(zip(STEPS, PEOPLE, strict=True))
    done: list[str] = []
    told: list[tuple[str, str]] = []
    for step in order:
        try:
            sign_step(ws, BAT, step, key=keys / of[step])
            done.append(step)
        except GateError as refused:
            told.append((refused.text, refused.hint))
    assert told
    assert all("不能" in text and hint for text, hint in told)
    assert tuple(done) == STEPS[: len(done)]
    assert state_of(ws) != "approved"


def test_a_second_key_of_the_same_person_is_still_the_same_person(ws: Workspace, keys: Path, tmp_path: Path) -> None:
    ws = staff(ws, keys, EVERYTHING)
    second = make_key(tmp_path / "more", "second")
    signers(ws, [("zhang", "", keys / "zhang"), ("zhang", "", second), ("li", "", keys / "li")])
    sign_step(ws, BAT, "submit", key=keys / "zhang")
    with pytest.raises(GateError, match=r"三个人|本人"):
        sign_step(ws, BAT, "review", key=second)


def test_one_key_under_two_names_is_refused(ws: Workspace, keys: Path) -> None:
    ws = staff(ws, keys, EVERYTHING)
    signers(ws, [("zhang", "", keys / "zhang"), ("li", "", keys / "zhang"), ("wang", "", keys / "wang")])
    with pytest.raises(GateError, match="同一把密钥"):
        sign_step(ws, BAT, "submit", key=keys / "zhang")
    (ws.path / "allowed_signers").write_text("zhang,li " + " ".join((keys / "zhang.pub").read_text().split()[:2]) + "\n")
    with pytest.raises(GateError, match="同一把密钥"):
        sign_step(ws, BAT, "submit", key=keys / "zhang")


def test_whoever_is_not_registered_is_refused(ws: Workspace, keys: Path) -> None:
    with pytest.raises(GateError, match="密钥没有登记"):
        sign_step(ws, BAT, "submit", key=keys / "stranger")
    signers(ws, [("zhao", "", keys / "stranger")])
    with pytest.raises(GateError, match="people"):
        sign_step(ws, BAT, "submit", key=keys / "stranger")
    signers(ws, [("zhao", "", keys / "li")])  # li's key under somebody else's name
    with pytest.raises(GateError, match="zhao"):
        sign_step(ws, BAT, "submit", key=keys / "li")
    (ws.path / "allowed_signers").unlink()
    with pytest.raises(GateError, match="没有密钥登记文件"):
        sign_step(ws, BAT, "submit", key=keys / "zhang")
    assert state_of(ws) == "draft"


@pytest.mark.parametrize("options", ['valid-before="20200101"', 'valid-after="20990101"', 'namespaces="file"'])
def test_a_key_outside_its_validity_is_refused(ws: Workspace, keys: Path, options: str) -> None:
    signers(ws, [("zhang", options, keys / "zhang")])
    with pytest.raises(GateError, match="此时无效"):
        sign_step(ws, BAT, "submit", key=keys / "zhang")


def test_roles_beside_a_key_narrow_those_of_the_person(ws: Workspace, keys: Path) -> None:
    ws = staff(ws, keys, EVERYTHING)
    line = " ".join((keys / "zhang.pub").read_text().split()[:2])
    (ws.path / "allowed_signers").write_text(f"zhang {line} roles=review\n")
    with pytest.raises(GateError, match="岗位"):
        sign_step(ws, BAT, "submit", key=keys / "zhang")
    ws.config_path.write_text(ws.config_path.read_text().partition("# -- people")[0])  # nobody in nxmed.toml: the register's roles count
    (ws.path / "allowed_signers").write_text(f"zhang {line} roles=submit\n")
    assert sign_step(open_workspace(ws.path), BAT, "submit", key=keys / "zhang")["state"] == "submitted"


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
@pytest.mark.parametrize("name", ["allowed_signers", "nxmed.toml"])
def test_files_that_others_may_write_are_not_trusted(ws: Workspace, keys: Path, name: str, mode: int) -> None:
    (ws.path / name).chmod(mode)
    with pytest.raises(GateError, match="改写"):
        sign_step(ws, BAT, "submit", key=keys / "zhang")


def test_a_folder_that_others_may_write_is_not_trusted(ws: Workspace, keys: Path) -> None:
    ws.path.chmod(0o770)
    with pytest.raises(GateError, match="改写"):
        sign_step(ws, BAT, "submit", key=keys / "zhang")


@pytest.mark.parametrize("line", ["* ssh-ed25519 AAAA", "zhang cert-authority ssh-ed25519 AAAA", "zhang ssh-ed25519", "zhang ssh-ed25519 ?",
                                  "zhang ssh-ed25519 AAAA roles=boss"])
def test_a_register_that_says_too_much_or_nothing(ws: Workspace, keys: Path, line: str) -> None:
    (ws.path / "allowed_signers").write_text(line + "\n")
    with pytest.raises(UsageError, match="第 1 行"):
        sign_step(ws, BAT, "submit", key=keys / "zhang")


def elsewhere(key: Path, text: bytes, folder: Path, namespace: str = "nxmed-payout") -> Path:
    """A signature made with ssh-keygen alone."""
    folder.mkdir(exist_ok=True)
    path = folder / "text"
    path.write_bytes(text)
    path.with_suffix(".sig").unlink(missing_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", str(key), str(path)], check=True, capture_output=True)
    return path.with_suffix(".sig")


def test_signatures_made_elsewhere(ws: Workspace, keys: Path, tmp_path: Path) -> None:
    for step, person in zip(STEPS, PEOPLE, strict=True):
        made = elsewhere(keys / person, content_of(ws, BAT, step), tmp_path / "s")
        assert sign_step(ws, BAT, step, signature=made)["person"] == person
    assert state_of(ws) == "approved"


def test_a_signature_over_something_else_does_not_hold(ws: Workspace, keys: Path, tmp_path: Path) -> None:
    text = content_of(ws, BAT, "submit")
    for other in (text.replace(b"124.00", b"125.00"), content_of(ws, BAT, "review"), content_of(ws, BAT), text + b"\n", b""):
        with pytest.raises(IntegrityError) as refused:
            sign_step(ws, BAT, "submit", signature=elsewhere(keys / "zhang", other, tmp_path / "s"))
        assert refused.value.exit_code == 7
    with pytest.raises(IntegrityError):
        sign_step(ws, BAT, "submit", signature=elsewhere(keys / "zhang", text, tmp_path / "s", "file"))
    (tmp_path / "nothing").write_text("no signature")
    with pytest.raises(IntegrityError):
        sign_step(ws, BAT, "submit", signature=tmp_path / "nothing")
    with pytest.raises(MissingInput):
        sign_step(ws, BAT, "submit", signature=tmp_path / "absent")
    assert state_of(ws) == "draft"


def test_every_changed_byte_of_a_signature_is_refused(ws: Workspace, keys: Path, tmp_path: Path) -> None:
    good = elsewhere(keys / "zhang", content_of(ws, BAT, "submit"), tmp_path / "s").read_text()
    body = [i for i, c in enumerate(good) if c.isalnum() and "\n" in good[:i]]
    for i in body[::12]:
        bad = tmp_path / "bad"
        bad.write_text(good[:i] + ("A" if good[i] != "A" else "B") + good[i + 1 :])
        with pytest.raises(NxmedError) as refused:
            sign_step(ws, BAT, "submit", signature=bad)
        assert refused.value.exit_code in (5, 7)  # 5 where the byte belongs to the public key: an unknown key
    assert state_of(ws) == "draft"


def test_a_signature_is_good_for_one_round_only(ws: Workspace, keys: Path, tmp_path: Path) -> None:
    old = elsewhere(keys / "zhang", content_of(ws, BAT, "submit"), tmp_path / "s")
    kept = tmp_path / "kept.sig"
    kept.write_bytes(old.read_bytes())
    sign_step(ws, BAT, "submit", signature=kept)
    sign_step(ws, BAT, "reject", key=keys / "li", reason="账户待核")
    with pytest.raises(IntegrityError):
        sign_step(ws, BAT, "submit", signature=kept)
    assert sign_step(ws, BAT, "submit", key=keys / "zhang")["round"] == 2


@pytest.mark.parametrize("reached", [1, 2, 3])
def test_rejected_from_any_state_all_signatures_count_no_more(ws: Workspace, keys: Path, reached: int) -> None:
    for step, person in list(zip(STEPS, PEOPLE, strict=True))[:reached]:
        sign_step(ws, BAT, step, key=keys / person)
    with pytest.raises(GateError, match="岗位"):
        sign_step(ws, BAT, "reject", key=keys / "zhang", reason="不行")  # no reviewer, no approver
    with pytest.raises(UsageError):
        sign_step(ws, BAT, "reject", key=keys / "wang", reason=" ")
    assert sign_step(ws, BAT, "reject", key=keys / "wang", reason="账户待核")["state"] == "draft"
    with pytest.raises(GateError):
        sign_step(ws, BAT, "review", key=keys / "li")
    assert through(ws, keys, tuple(PEOPLE)) == "approved"


def test_cancelled_drafts_free_their_items_and_keep_their_number(ws: Workspace, keys: Path) -> None:
    assert cancel(ws, BAT, "重编")["state"] == "cancelled"
    with pytest.raises(GateError):
        sign_step(ws, BAT, "submit", key=keys / "zhang")
    with pytest.raises(GateError):
        cancel(ws, BAT, "再次")
    again = build_payout(ws, Period.parse("2026-11"), "assist")
    assert [(b.batch.bat_no, b.batch.declared_amt) for b in again.batches] == [("2611A61010064010402", 12400)]
    with pytest.raises(GateError):
        cancel(ws, BAT, "再次")
    sign_step(ws, "2611A61010064010402", "submit", key=keys / "zhang")
    with pytest.raises(GateError, match="已提交"):
        cancel(ws, "2611A61010064010402", "已提交的不能作废")


def test_with_a_key_in_the_agent_its_public_half_is_enough(ws: Workspace, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = subprocess.run(["ssh-agent", "-s", "-a", str(tmp_path / "agent")], capture_output=True, text=True, check=True).stdout
    pid = re.search(r"SSH_AGENT_PID=(\d+)", told)
    assert pid is not None
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    monkeypatch.setenv("SSH_AGENT_PID", pid[1])
    try:
        subprocess.run(["ssh-add", "-q", str(keys / "zhang")], check=True)
        public = tmp_path / "zhang.pub"
        public.write_text((keys / "zhang.pub").read_text())
        assert sign_step(ws, BAT, "submit", key=public)["person"] == "zhang"
        (tmp_path / "li.pub").write_text((keys / "li.pub").read_text())
        with pytest.raises(GateError, match="不能签名"):
            sign_step(ws, BAT, "review", key=tmp_path / "li.pub")
    finally:
        subprocess.run(["ssh-agent", "-k"], check=True, capture_output=True)


def test_what_is_signed_says_what_it_is(ws: Workspace) -> None:
    assert content_of(ws, BAT, "approve").decode().splitlines()[:6] == [
        "nxmed-payout-step/1", "step: approve", "round: 1", f"bat_no: {BAT}", "declared_count: 2", "declared_amt: 124.00"]
    assert content_of(ws, BAT, "reject", "a\tb\\c\n").decode().splitlines()[-1] == "reason: a\\tb\\\\c"
    with pytest.raises(UsageError):
        content_of(ws, BAT, "pay")
    with pytest.raises(MissingInput):
        content_of(ws, "2611A61010064010499")
    with pytest.raises(UsageError):
        sign_step(ws, BAT, "submit")


def test_the_log_names_who_signed_what(ws: Workspace, keys: Path) -> None:
    sign_step(ws, BAT, "submit", key=keys / "zhang")
    last = json.loads((ws.path / "payouts.log.jsonl").read_text().splitlines()[-1])
    assert (last["action"], last["person"], last["bat_no"], last["detail"]["round"]) == ("submit", "zhang", BAT, 1)
    assert len(last["detail"]["signers_sha256"]) == 64
