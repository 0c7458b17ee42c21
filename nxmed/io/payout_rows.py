"""拨付库的行 (what may be read from and written to an open payout store). Frames in the shapes of nxmed.payouts."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from nxmed.errors import IntegrityError, MissingInput
from nxmed.io import payout_log

BATCH_COLUMNS = (
    "bat_no", "source", "period", "fund_pay_type", "insu_admdvs", "make_date", "declared_count", "declared_amt",
    "payer_bankacct", "payer_acctname", "payer_bankcode", "payer_bank_name", "content_sha256")
LINE_COLUMNS = (
    "pay_sn", "row_no", "payee_type", "payee_code", "payee_name", "bankacct", "acctname", "bankcode", "bank_name", "acct_type",
    "amt", "usage", "postscript", "org_pay_sn")
ITEM_COLUMNS = ("pay_sn", "item_id", "amt", "source_key", "period", "run_id", "rule", "org_pay_sn")
HELD_COLUMNS = ("source", "item_id", "source_key", "fund_pay_type", "payee_type", "payee_code", "amt", "insu_admdvs", "rule",
                "period", "run_id", "reason")
RETURN_COLUMNS = ("pay_stas", "amt", "tran_date", "bank_sn", "ret_code", "pay_fail_desc", "ret_amt", "period", "src_file",
                  "src_row", "src_sha256")
_INTS = ("row_no", "amt", "live", "no", "answer_no", "ret_amt", "src_row", "round", "bytes", "row_count", "declared_count", "declared_amt")
SUBMITTED = ("submitted", "reviewed", "approved", "exported", "closed")


@dataclass(frozen=True)
class ExportedFile:
    """导出的一个文件 (name inside the batch's folder; row_count and amt in fen of the lines it pays, 0 for a workbook)."""

    name: str
    layout: str
    sha256: str
    bytes: int
    row_count: int
    amt: int


class PayoutStore:
    """打开的拨付库 (made by payout_store.reading or .writing)."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    # -- reading

    def batches(self, where: str = "1", values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """批次 (rows as mappings, by bat_no)."""
        return self._dicts(f"SELECT * FROM batches WHERE {where} ORDER BY bat_no", values)

    def batch(self, bat_no: str) -> dict[str, Any]:
        """一个批次 (MissingInput, exit 6, when there is none of that number)."""
        found = self.batches("bat_no = ?", (bat_no,))
        if not found:
            raise MissingInput(f"没有这个批次：{bat_no}", "查看全部批次：nxmed payout list", text_en=f"no such batch: {bat_no}",
                               hint_en="all batches: nxmed payout list")
        return found[0]

    def lines(self, bat_no: str) -> pl.DataFrame:
        """批次的付款行 (LINE, by row_no)."""
        return self.frame("SELECT " + ", ".join(LINE_COLUMNS) + ", state FROM lines WHERE bat_no = ? ORDER BY row_no", (bat_no,))

    def line_items(self, bat_no: str) -> pl.DataFrame:
        """批次的付款项 (LINE_ITEM and `live`, by pay_sn and item_id)."""
        return self.frame("SELECT " + ", ".join(f"i.{c}" for c in ITEM_COLUMNS) + ", i.live FROM lines l JOIN line_items i "
                          "USING (pay_sn) WHERE l.bat_no = ? ORDER BY i.pay_sn, i.item_id", (bat_no,))

    def signatures(self, bat_no: str, round_: int | None = None) -> list[dict[str, Any]]:
        """签名 (of one round, or all; in the order of the steps, which may share a second)."""
        return self._dicts(
            "SELECT * FROM signatures WHERE bat_no = ? AND (?2 IS NULL OR round = ?2) "
            "ORDER BY round, CASE step WHEN 'submit' THEN 1 WHEN 'review' THEN 2 WHEN 'approve' THEN 3 ELSE 4 END", (bat_no, round_))

    def exports(self, bat_no: str) -> list[dict[str, Any]]:
        """导出的文件, by name."""
        return self._dicts("SELECT * FROM exports WHERE bat_no = ? ORDER BY name", (bat_no,))

    def returns(self, bat_no: str) -> pl.DataFrame:
        """已采纳的回盘 (bat_no, pay_sn, no and RETURN_COLUMNS; every answer ever taken, in order per line)."""
        return self.frame("SELECT bat_no, pay_sn, no, " + ", ".join(RETURN_COLUMNS) + " FROM returns WHERE bat_no = ? "
                          "ORDER BY pay_sn, no", (bat_no,))

    def held(self, source: str | None = None) -> pl.DataFrame:
        """暂缓的付款项."""
        return self.frame("SELECT " + ", ".join(HELD_COLUMNS) + " FROM held WHERE ?1 IS NULL OR source = ?1 ORDER BY source, item_id",
                          (source,))

    def item_lines(self, source: str) -> pl.DataFrame:
        """每个付款项在过的行 (item_id, amt, pay_sn, bat_no, live, line_state, batch_state and what was published then)."""
        return self.frame(
            "SELECT i.item_id, i.amt, i.source_key, i.period, i.run_id, i.pay_sn, i.org_pay_sn, l.bat_no, i.live, l.state AS line_state, "
            "b.state AS batch_state, b.fund_pay_type, b.insu_admdvs, l.payee_type, l.payee_code FROM line_items i "
            "JOIN lines l USING (pay_sn) JOIN batches b USING (bat_no) WHERE b.source = ? ORDER BY i.item_id, i.pay_sn", (source,))

    def findings(self) -> list[dict[str, Any]]:
        """拨付的发现 (scope, period, finding_id and the columns of a finding)."""
        rows = self.connection.execute("SELECT scope, period, finding_id, body FROM findings ORDER BY 1, 2, 3").fetchall()
        return [{"scope": s, "period": p, "finding_id": f, **json.loads(body)} for s, p, f, body in rows]

    def totals(self) -> dict[str, dict[str, tuple[int, int]]]:
        """各批各状态的行数与金额 (bat_no → line state → count, fen)."""
        found: dict[str, dict[str, tuple[int, int]]] = {}
        for bat_no, state, rows, amt in self.connection.execute(
                "SELECT bat_no, state, count(*), sum(amt) FROM lines GROUP BY 1, 2"):
            found.setdefault(bat_no, {})[state] = (rows, amt)
        return found

    def log_entries(self) -> list[dict[str, Any]]:
        """全部日志, oldest first (each with its hash)."""
        return payout_log.entries(self.connection)

    def head(self) -> tuple[int, str]:
        """日志链头 (number of entries, sha256 of the last line)."""
        return payout_log.head(self.connection)

    def sealing(self, source: str, period: str) -> str:
        """封存该月的批次 (a submitted batch that holds items of the month; empty without one)."""
        row = self.connection.execute(
            "SELECT b.bat_no FROM batches b JOIN lines l USING (bat_no) JOIN line_items i USING (pay_sn) WHERE b.source = ? AND "
            f"i.period = ? AND b.state IN ({', '.join('?' * len(SUBMITTED))}) ORDER BY 1 LIMIT 1", (source, period, *SUBMITTED)
        ).fetchone()
        return str(row[0]) if row else ""

    def frame(self, query: str, values: Sequence[Any] = ()) -> pl.DataFrame:
        """查询为表 (text and Int64 columns; nulls stay nulls)."""
        cursor = self.connection.execute(query, tuple(values))
        names = [d[0] for d in cursor.description]
        schema = {n: pl.Int64() if n in _INTS else pl.String() for n in names}
        columns = list(zip(*cursor.fetchall(), strict=True)) or [()] * len(names)
        return pl.DataFrame([pl.Series(n, c, t) for (n, t), c in zip(schema.items(), columns, strict=True)])

    def _dicts(self, query: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        cursor = self.connection.execute(query, tuple(values))
        names = [d[0] for d in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    # -- writing

    def insert_batch(self, batch: Mapping[str, Any], lines: pl.DataFrame, line_items: pl.DataFrame) -> None:
        """写入草稿批次 (columns BATCH_COLUMNS, LINE_COLUMNS, ITEM_COLUMNS)."""
        self._many("batches", BATCH_COLUMNS, [tuple(batch[c] for c in BATCH_COLUMNS)])
        bat_no = str(batch["bat_no"])
        self._many("lines", ("bat_no", *LINE_COLUMNS), ((bat_no, *r) for r in lines.select(LINE_COLUMNS).iter_rows()))
        self._many("line_items", ITEM_COLUMNS, line_items.select(ITEM_COLUMNS).iter_rows())

    def replace_held(self, source: str, held: pl.DataFrame) -> None:
        """暂缓清单换成这次编批的."""
        self.connection.execute("DELETE FROM held WHERE source = ?", (source,))
        self._many("held", HELD_COLUMNS, held.select(HELD_COLUMNS).iter_rows())

    def replace_findings(self, scope: str, period: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """某范围某月的发现换成这次的 (scope such as build:assist or import-return; each row has finding_id)."""
        self.connection.execute("DELETE FROM findings WHERE scope = ? AND period = ?", (scope, period))
        self._many("findings", ("scope", "period", "finding_id", "body"), (
            (scope, period, r["finding_id"], json.dumps({k: v for k, v in r.items() if k != "finding_id"}, ensure_ascii=False,
                                                        sort_keys=True, default=str)) for r in rows))

    def sign(self, row: Mapping[str, Any]) -> None:
        """记下签名 (bat_no, round, step, person, fingerprint, at, statement, signature)."""
        names = ("bat_no", "round", "step", "person", "fingerprint", "at", "statement", "signature")
        self._many("signatures", names, [tuple(row[n] for n in names)])

    def set_state(self, bat_no: str, state: str) -> None:
        """批次进到下一状态 (the store refuses a step that the order of states doesn't know)."""
        self.connection.execute("UPDATE batches SET state = ? WHERE bat_no = ? AND state <> ?", (state, bat_no, state))

    def back_to_draft(self, bat_no: str) -> None:
        """退回草稿 (a new round: signatures of the old one count no more)."""
        self.connection.execute("UPDATE batches SET state = 'draft', round = round + 1 WHERE bat_no = ?", (bat_no,))

    def cancel(self, bat_no: str) -> None:
        """作废草稿 (its lines too; the items are open again)."""
        self.connection.execute("UPDATE lines SET state = 'cancelled' WHERE bat_no = ?", (bat_no,))
        self.set_state(bat_no, "cancelled")

    def record_export(self, bat_no: str, files: Sequence[ExportedFile]) -> bool:
        """记下导出的文件 and make the batch exported; True when they are new, False when they are the same as before.

        Other bytes, names or another layout than the first time: IntegrityError (7): a batch goes out in one form only.
        """
        before = {(f["name"], f["layout"], f["sha256"], f["bytes"], f["row_count"], f["amt"]) for f in self.exports(bat_no)}
        given = {(f.name, f.layout, f.sha256, f.bytes, f.row_count, f.amt) for f in files}
        if before and before != given:
            raise IntegrityError(
                f"批次 {bat_no} 再次导出的文件与首次不同，未写入任何内容", "用首次导出的文件；格式不能更换",
                text_en=f"batch {bat_no}: exported again the files differ from the first time; nothing was written",
                hint_en="use the files of the first export; the layout can't be changed")
        if before:
            return False
        names = ("bat_no", "name", "layout", "sha256", "bytes", "row_count", "amt")
        self._many("exports", names, ((bat_no, f.name, f.layout, f.sha256, f.bytes, f.row_count, f.amt) for f in files))
        self.set_state(bat_no, "exported")
        return True

    def apply_returns(self, bat_no: str, changes: pl.DataFrame) -> None:
        """采纳判定过的回盘: changes has pay_sn, `state` (the line's new state, or null for none) and RETURN_COLUMNS.

        Lines that failed or came back free their items at once (open again); a batch all of whose lines are answered is
        closed. The rows are kept for good, numbered per line.
        """
        counted = dict(self.connection.execute("SELECT pay_sn, max(no) FROM returns WHERE bat_no = ? GROUP BY 1", (bat_no,)))
        rows = []
        for pay_sn, *rest in changes.select("pay_sn", *RETURN_COLUMNS).iter_rows():
            counted[pay_sn] = counted.get(pay_sn, 0) + 1
            rows.append((bat_no, pay_sn, counted[pay_sn], *(str(v) if hasattr(v, "isoformat") else v for v in rest)))
        self._many("returns", ("bat_no", "pay_sn", "no", *RETURN_COLUMNS), rows)
        moved = changes.filter(pl.col("state").is_not_null()).select("state", "pay_sn")
        self.connection.executemany(
            "UPDATE lines SET state = ?1 WHERE pay_sn = ?2 AND bat_no = ?3 AND state <> ?1",
            ((state, pay_sn, bat_no) for state, pay_sn in moved.iter_rows()))
        waiting = self.connection.execute(
            "SELECT 1 FROM lines WHERE bat_no = ? AND state IN ('pending', 'in_progress') LIMIT 1", (bat_no,)).fetchone()
        if waiting is None and self.batch(bat_no)["state"] == "exported":
            self.set_state(bat_no, "closed")

    def log(self, action: str, bat_no: str = "", *, person: str = "", at: str | None = None, **detail: Any) -> str:
        """记日志 (last thing of a step; for a batch with the hash of its state then). Gives the new head."""
        if bat_no:
            detail = {**detail, "content_sha256": self.batch(bat_no)["content_sha256"], "state_sha256": self.state_sha256(bat_no)}
        return payout_log.add(self.connection, action, bat_no, person, at or payout_log.now(), detail)

    def state_sha256(self, bat_no: str) -> str:
        """批次现状的哈希 (state, round, states of lines, live items, signatures, exports, answers)."""
        made = hashlib.sha256()
        for query in (  # the long lists as one text of SQLite's own making
            "SELECT json_group_array(json_array(pay_sn, state)) FROM (SELECT * FROM lines WHERE bat_no = ? ORDER BY pay_sn)",
            "SELECT json_group_array(json_array(pay_sn, item_id, live)) FROM (SELECT i.pay_sn, i.item_id, i.live FROM lines l "
            "JOIN line_items i USING (pay_sn) WHERE l.bat_no = ? ORDER BY 1, 2)",
            "SELECT * FROM batches WHERE bat_no = ?",
            "SELECT * FROM signatures WHERE bat_no = ? ORDER BY round, step",
            "SELECT * FROM exports WHERE bat_no = ? ORDER BY name",
            "SELECT * FROM returns WHERE bat_no = ? ORDER BY pay_sn, no",
        ):
            made.update(rows_sha256(self.connection.execute(query, (bat_no,))).encode())
        return made.hexdigest()

    def held_sha256(self, source: str) -> str:
        """暂缓清单的哈希."""
        return rows_sha256(self.connection.execute("SELECT * FROM held WHERE source = ? ORDER BY item_id", (source,)))

    def findings_sha256(self, scope: str, period: str) -> str:
        """发现的哈希."""
        return rows_sha256(self.connection.execute(
            "SELECT * FROM findings WHERE scope = ? AND period = ? ORDER BY finding_id", (scope, period)))

    def _many(self, table: str, names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        marks = ", ".join("?" * len(names))
        self.connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)


def rows_sha256(rows: Iterable[tuple[Any, ...]]) -> str:
    """行的哈希 (each row as a JSON array on a line)."""
    made = hashlib.sha256()
    for row in rows:
        made.update(json.dumps(row, ensure_ascii=False).encode() + b"\n")
    return made.hexdigest()
