"""崩溃模拟 (the real commands on a real store, killed at the k-th operation; a bank that pays; an operator who starts again).

`Run(seed, crashes)` plays one agency: items of two months, build, three signatures, sometimes a rejection or a cancelled
draft, export, the bank's answers with failures, returns and repeats, until nothing is left to do. At each operation
number in `crashes` the program dies there: what was not synced may be lost. Everything follows from the seed.

As a program: simulation.py FIRST COUNT plays seeds with single and double crashes; a failure names its seed.
"""

from __future__ import annotations

import hashlib
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))

from agency import PEOPLE, account, item

from nxmed.errors import GateError, MissingInput, NxmedError
from nxmed.io import payout_files, payout_log, payout_store, signatures
from nxmed.io.payout_rows import ExportedFile, PayoutStore
from nxmed.io.resources import contracts
from nxmed.io.workspace import Workspace, init
from nxmed.kernel import finding
from nxmed.kernel.period import Period
from nxmed.payouts.shapes import ITEM
from nxmed.pipelines import payout_build, payout_export, payout_gate, payout_return, payout_steps

MONTHS = ("2026-11", "2026-12")
LAST = Period.parse("2026-12")
TRIES = 2
"""How often the bank may fail one item before it pays."""
FAULTS = ("nxmed.io.failpoint.failpoint", "nxmed.io.payout_store.failpoint", "nxmed.io.payout_log.failpoint",
          "nxmed.io.payout_files.failpoint", "nxmed.io.files.failpoint")


class Died(BaseException):
    """The program was killed here."""


class Nothing:
    """What a reading gives when there is nothing to say about it."""

    reads: tuple[Any, ...] = ()
    sources: tuple[Any, ...] = ()
    findings = finding.empty()


class Bank:
    """银行: takes each batch once, pays or fails each line, may send money back later; its answers come as rows."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.lines: dict[str, tuple[int, tuple[str, ...]]] = {}
        self.fate: dict[str, list[str]] = {}
        self.told: list[dict[str, Any]] = []
        self.failed: dict[str, int] = {}

    def take(self, lines: list[tuple[str, int, tuple[str, ...]]]) -> None:
        for pay_sn, amt, items in lines:
            assert pay_sn not in self.lines, f"{pay_sn} was sent twice"
            self.lines[pay_sn] = (amt, items)
            patient = all(self.failed.get(i, 0) < TRIES for i in items)
            fates = [["2"], ["1", "3"], ["0", "1"], ["0", "2"], ["3"], ["1"]] if patient else [["1"], ["0", "1"]]
            self.fate[pay_sn] = list(self.chance.choice(fates))
            if self.fate[pay_sn][-1] in "23":
                for i in items:
                    self.failed[i] = self.failed.get(i, 0) + 1

    def answer(self) -> None:
        """Some lines get their next answer; rows of a line come in order, all rows are delivered again each time."""
        for pay_sn in sorted(self.fate):
            if self.fate[pay_sn] and self.chance.random() < 0.7:
                stas = self.fate[pay_sn].pop(0)
                bat_no, amt = pay_sn[:19], self.lines[pay_sn][0]
                self.told.append({"bat_no": bat_no, "pay_sn": pay_sn, "pay_stas": stas, "bank_sn": f"B{pay_sn[-6:]}{stas}", "ret_code": None,
                                  "pay_fail_desc": "户名不符" if stas in "23" else None, "ret_amt": amt if stas == "3" else None,
                                  "src_file": "inbox/2026-12/r.csv", "src_row": len(self.told) + 2})

    def holds(self, item_id: str) -> list[str]:
        """Lines on which an item is paid, or may still be (not failed, not sent back)."""
        said = {r["pay_sn"]: r["pay_stas"] for r in self.told}
        return [s for s, (_, items) in self.lines.items() if item_id in items and said.get(s, "0") not in "23"]

    def paid(self, pay_sn: str) -> bool:
        said = [r["pay_stas"] for r in self.told if r["pay_sn"] == pay_sn]
        return bool(said) and said[-1] == "1"


class Run:
    """一局 (one agency played to the end)."""

    def __init__(self, seed: int, crashes: tuple[int, ...] = (), folder: Path | None = None, fickle: str = "0.1") -> None:
        self.seed, self.crashes, self.fickle = seed, crashes, fickle
        self.chance = random.Random(seed)
        self.dice = random.Random(seed + 1)  # what is lost in a crash
        self.bank = Bank(random.Random(seed + 2))
        self.operations = 0
        self.trace: list[str] = []
        self.dead = False
        self.sent: set[str] = set()
        base = Path(tempfile.mkdtemp(dir=folder or ("/dev/shm" if Path("/dev/shm").is_dir() else None)))
        self.base = base
        self.ws: Workspace = init(base / "ws", "ningxia")
        payees = [f"P{n}" for n in range(self.chance.randint(1, 3))]
        self.items = [{**item(f"I{n}", self.chance.choice(payees), self.chance.randint(1, 99_999)), "period": self.chance.choice(MONTHS),
                       "run_id": "assist-x"} for n in range(self.chance.randint(1, 4))]
        self.without = set(payees[:1]) if self.chance.random() < 0.3 else set()  # has no account at first
        self.payees = payees

    # -- the program's surroundings

    def hook(self, name: str) -> None:
        """Every operation passes here; the program may die before it."""
        self.operations += 1
        self.trace.append(name)
        if self.operations in self.crashes:
            self.dead = True
            raise Died(name)

    def published(self, ws: Workspace, source: str, until: str) -> pl.DataFrame:
        return pl.DataFrame([i for i in self.items if i["period"] <= until], schema=ITEM)

    def accounts(self, ws: Workspace, period: Period) -> tuple[Any, pl.DataFrame]:
        schema = contracts()["bank_accounts"].schema()
        rows = [{**{k: v or None for k, v in account(p).items()}, "begndate": None, "enddate": None} for p in self.payees if p not in self.without]
        frame = pl.DataFrame(rows, schema={**schema, "begndate": pl.String, "enddate": pl.String})
        return Nothing(), frame.with_columns(begndate=pl.date(2026, 1, 1), enddate=pl.lit(None, pl.Date))

    def render(self, ws: Workspace, store: PayoutStore, found: Any, chosen: Any) -> Any:
        rows = found.lines.select("pay_sn", "amt").rows()
        content = "".join(f"{s},{a}\n" for s, a in rows).encode()
        name = f"{found.batch.bat_no}.csv"
        made = ExportedFile(name, "gbk-csv", hashlib.sha256(content).hexdigest(), len(content), len(rows), sum(a for _, a in rows))
        return payout_export._Made({name: content}, [made], ["gbk-csv"], [], [])

    def inbox(self, ws: Workspace, period: Period, progress: Any) -> Any:
        from nxmed.payouts.returns import ROW

        text = {n: pl.String() if t == pl.Date() else t for n, t in ROW.items()}
        frame = pl.DataFrame([{c: r.get(c) for c in ROW} for r in self.bank.told], schema=text)
        rows = frame.select(pl.col(n).cast(t) for n, t in ROW.items())
        return payout_return._Read(rows, {"inbox/2026-12/r.csv": "0" * 64}, [], 0, payout_return.SCOPE)

    @contextmanager
    def played(self) -> Iterator[None]:
        """The commands as they are; only what is slow and beside the point is put by: parsing, workbooks, keys, catalogue."""
        many, state, sql_log = PayoutStore._many, PayoutStore.set_state, PayoutStore.log

        def hooked(original: Callable[..., Any], name: str) -> Callable[..., Any]:
            def call(*given: Any, **named: Any) -> Any:
                self.hook(name)
                return original(*given, **named)

            return call

        def discard(staged: Path) -> None:
            if not self.dead:  # a dead program tidies nothing
                shutil.rmtree(staged, ignore_errors=True)

        def check(ws: Workspace, text: bytes, made: str, at: str) -> signatures.AllowedKey:
            person, _, sha = made.partition(":")
            if sha != hashlib.sha256(text).hexdigest():
                raise AssertionError("a signature over something else")
            return signatures.AllowedKey(person, f"SHA256:{person}", None, 1)

        with ExitStack() as stack:
            for name in FAULTS:
                stack.enter_context(patch(name, self.hook))
            for target, name, value in (
                (PayoutStore, "_many", hooked(many, "store.rows")), (PayoutStore, "set_state", hooked(state, "store.state")),
                (PayoutStore, "log", hooked(sql_log, "store.log")), (payout_files, "discard", discard),
                (payout_gate, "published", self.published), (payout_gate, "refresh", lambda ws: True),
                (payout_build, "_accounts", self.accounts), (payout_export, "_render", self.render),
                (payout_return, "_from_inbox", self.inbox), (payout_return, "_quarantine", lambda *a: []),
                (signatures, "sign", lambda key, text: f"{key.name}:{hashlib.sha256(text).hexdigest()}"), (signatures, "check", check),
                (signatures, "allowed", lambda ws: []), (signatures, "roles_of", lambda ws, key: PEOPLE[key.person]),
                (payout_log, "now", lambda: "2026-12-01T00:00:00Z"), (payout_log, "user", lambda: "operator"),
            ):
                stack.enter_context(patch.object(target, name, value))
            stack.enter_context(patch("nxmed.io.recovery.recover", lambda ws: []))
            yield

    def power_loss(self, at: str) -> None:
        """What had been written and not synced may be gone."""
        self.dead = False
        path = payout_log.path_of(self.ws)
        if at == "payout.log.sync" and path.is_file():
            content = path.read_bytes()
            with payout_store.reading(self.ws) as store:
                sure = store.connection.execute("SELECT seq FROM log_written").fetchone()[0]
            least = sum(len(x) for x in content.splitlines(keepends=True)[:sure])
            path.write_bytes(content[: self.dice.randint(least, len(content))])
        if at == "fsync.folder" and self.trace[-2:-1] == ["export.place"] and self.dice.random() < 0.5:
            for folder in sorted(self.ws.outbox.glob("*/payout/2*")):  # the rename never reached the disk
                if folder.name not in self.sent and folder.name == self.exporting:
                    shutil.rmtree(folder)

    # -- the operator

    def do(self, step: Callable[[], Any]) -> bool:
        """Run one command; when it dies, look at what is there."""
        try:
            step()
            done = True
        except Died as died:
            self.power_loss(str(died))
            done = False
        except (GateError, MissingInput):
            done = False
        self.look()
        return done

    def states(self) -> dict[str, str]:
        with payout_store.reading(self.ws) as store:
            return {str(b["bat_no"]): str(b["state"]) for b in store.batches()}

    exporting = ""

    def play(self) -> None:
        """Until nothing is left to do (bounded; each pass does what a careful operator would, some things once too often)."""
        with self.played():
            for turn in range(30):
                month = Period.parse(MONTHS[0]) if turn == 0 else LAST
                if turn == 2:
                    self.without = set()
                self.do(lambda month=month: payout_build.build_payout(self.ws, month, "assist"))  # type: ignore[misc]
                for bat_no in sorted(n for n, s in self.states().items() if s not in ("closed", "cancelled") or self.chance.random() < 0.05):
                    self.sign(bat_no, turn)
                    self.export(bat_no)
                    self.send()
                self.bank.answer()
                if self.bank.told:
                    self.do(lambda: payout_return.import_returns(self.ws, LAST))
                if turn > 2 and self.settled():
                    break
            for _ in range(3):
                self.do(lambda: payout_return.import_returns(self.ws, LAST))
            self.end()

    def settled(self) -> bool:
        """Everything answered, every item at the bank once."""
        return not any(self.bank.fate.values()) and all(len(self.bank.holds(i["item_id"])) == 1 for i in self.items)

    def sign(self, bat_no: str, turn: int) -> None:
        before = {"submit": "draft", "review": "submitted", "approve": "reviewed"}
        for step, person in (("submit", "zhang"), ("review", "li"), ("approve", "wang")):
            state = self.states().get(bat_no)
            if state == "draft" and turn < 6 and self.changes_mind():
                self.do(lambda: payout_steps.cancel(self.ws, bat_no, "重编"))
            elif state in ("submitted", "reviewed", "approved") and turn < 6 and self.changes_mind():
                self.do(lambda: payout_steps.sign_step(self.ws, bat_no, "reject", key=Path("wang"), reason="再核"))
            if self.states().get(bat_no) == before[step] or self.chance.random() < 0.05:
                self.do(lambda step=step, person=person: payout_steps.sign_step(self.ws, bat_no, step, key=Path(person)))  # type: ignore[misc]

    def changes_mind(self) -> bool:
        return self.chance.random() < float(self.fickle)

    def export(self, bat_no: str) -> None:
        state = self.states().get(bat_no)
        there = any(p.name == bat_no for p in self.ws.outbox.glob("*/payout/2*"))
        if state == "approved" or (state in ("exported", "closed") and (not there or self.chance.random() < 0.1)):
            self.exporting = bat_no
            with patch.object(payout_export, "_chosen", lambda *a: []):
                self.do(lambda: payout_export.export_batch(self.ws, bat_no))

    def send(self) -> None:
        """Whatever lies in the outbox goes to the bank, each batch once."""
        for folder in sorted(self.ws.outbox.glob("*/payout/2*")):
            if folder.name in self.sent or not folder.is_dir():
                continue
            self.sent.add(folder.name)
            with payout_store.reading(self.ws) as store:
                of = store.line_items(folder.name).group_by("pay_sn").agg("item_id")
            members = {s: tuple(sorted(i)) for s, i in of.rows()}
            rows = [line.split(",") for line in (folder / f"{folder.name}.csv").read_text().splitlines()]
            self.bank.take([(s, int(a), members[s]) for s, a in rows])

    # -- what must hold

    def look(self) -> None:
        """At every moment: no item twice at the bank, nothing said to be paid that isn't, all equations."""
        for i in self.items:
            held = self.bank.holds(i["item_id"])
            self.expect(len(held) <= 1, f"{i['item_id']} may be paid twice: {held}")
        with payout_store.reading(self.ws) as store:
            twice = store.connection.execute("SELECT item_id FROM line_items WHERE live GROUP BY 1 HAVING count(*) > 1").fetchall()
            self.expect(not twice, f"two live lines: {twice}")
            for (pay_sn,) in store.connection.execute("SELECT pay_sn FROM lines WHERE state = 'paid'").fetchall():
                self.expect(self.bank.paid(pay_sn) or [r for r in self.bank.told if r["pay_sn"] == pay_sn][-1]["pay_stas"] == "3",
                            f"{pay_sn} is not paid")
            for row in store.batches("state IN ('exported', 'closed', 'approved')"):
                steps = {s["step"] for s in store.signatures(str(row["bat_no"]), row["round"])}
                self.expect({"submit", "review", "approve"} <= steps, f"{row['bat_no']} is not signed")

    def end(self) -> None:
        """At the end: every item paid once at the bank and in the store; the log whole, in the store and in its file."""
        self.crashes = ()
        with payout_store.writing(self.ws):
            pass  # what a crash kept from the log file is written
        with payout_store.reading(self.ws) as store:
            lines = store.item_lines("assist")
            for i in self.items:
                mine = lines.filter((pl.col("item_id") == i["item_id"]) & (pl.col("line_state") == "paid"))
                self.expect(mine.height == 1, f"{i['item_id']} is lost: {lines.filter(pl.col('item_id') == i['item_id']).rows()}")
                self.expect(len(self.bank.holds(i["item_id"])) == 1, f"{i['item_id']} was not paid")
                self.expect(mine["amt"].item() == i["amt"], f"{i['item_id']} was paid otherwise")
            for e in payout_gate.source_proofs(store, "assist"):
                self.expect(e.holds, e.id)
            self.expect(payout_log.problems(self.ws, store.connection) == ([], []), "the log")

    def expect(self, right: bool, what: str) -> None:
        if not right:
            raise AssertionError(f"seed {self.seed} crashes {self.crashes}: {what} (python {Path(__file__).name} {self.seed} 1)")


def play(seed: int, crashes: tuple[int, ...] = (), fickle: str = "0.1") -> Run:
    """One game."""
    run = Run(seed, crashes, fickle=fickle)
    try:
        run.play()
    except NxmedError as problem:
        raise AssertionError(f"seed {seed} crashes {crashes}: {problem.text}") from problem
    finally:
        shutil.rmtree(run.base, ignore_errors=True)
    return run


def crashes_of(seed: int) -> tuple[int, ...]:
    """Where seed dies: once or twice, anywhere in its first operations."""
    chance = random.Random(seed + 3)
    first = chance.randint(1, 250)
    return (first,) if chance.random() < 0.5 else (first, first + chance.randint(1, 40))


def main(words: list[str]) -> None:
    first, count = int(words[0]), int(words[1])
    for seed in range(first, first + count):
        play(seed, crashes_of(seed))
        if (seed - first) % 50 == 49:
            sys.stdout.write(f"{seed - first + 1} seeds\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
