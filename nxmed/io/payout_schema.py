"""拨付库的结构 (DDL of payouts.sqlite): what may never change is refused by the database itself.

Amounts are whole fen. A line's item is live until its line failed, came back or was cancelled; a second live line for
one item breaks the unique index `one_live_line`, whoever writes.
"""

from __future__ import annotations

VERSION = 1

_TABLES = """
CREATE TABLE batches (
  bat_no TEXT NOT NULL PRIMARY KEY CHECK (length(bat_no) = 19),
  source TEXT NOT NULL,
  period TEXT NOT NULL CHECK (period GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]'),
  fund_pay_type TEXT NOT NULL CHECK (length(fund_pay_type) = 6),
  insu_admdvs TEXT NOT NULL CHECK (length(insu_admdvs) = 6),
  make_date TEXT,
  declared_count INTEGER NOT NULL CHECK (declared_count > 0),
  declared_amt INTEGER NOT NULL CHECK (declared_amt > 0),
  payer_bankacct TEXT, payer_acctname TEXT, payer_bankcode TEXT, payer_bank_name TEXT,
  content_sha256 TEXT NOT NULL CHECK (length(content_sha256) = 64),
  round INTEGER NOT NULL DEFAULT 1 CHECK (round > 0),
  state TEXT NOT NULL DEFAULT 'draft'
    CHECK (state IN ('draft', 'submitted', 'reviewed', 'approved', 'exported', 'closed', 'cancelled')),
  CHECK ((payer_bankacct IS NULL) = (payer_acctname IS NULL))
) STRICT;

CREATE TABLE lines (
  pay_sn TEXT NOT NULL PRIMARY KEY CHECK (length(pay_sn) = 25),
  bat_no TEXT NOT NULL REFERENCES batches (bat_no),
  row_no INTEGER NOT NULL CHECK (row_no > 0),
  payee_type TEXT NOT NULL, payee_code TEXT NOT NULL, payee_name TEXT NOT NULL,
  bankacct TEXT NOT NULL, acctname TEXT NOT NULL, bankcode TEXT, bank_name TEXT, acct_type TEXT,
  amt INTEGER NOT NULL CHECK (amt > 0),
  usage TEXT NOT NULL, postscript TEXT NOT NULL,
  org_pay_sn TEXT REFERENCES lines (pay_sn),
  state TEXT NOT NULL DEFAULT 'pending'
    CHECK (state IN ('pending', 'in_progress', 'paid', 'failed', 'returned', 'cancelled')),
  UNIQUE (bat_no, row_no),
  CHECK (substr(pay_sn, 1, 19) = bat_no AND CAST(substr(pay_sn, 20) AS INTEGER) = row_no)
) STRICT;

CREATE TABLE line_items (
  pay_sn TEXT NOT NULL REFERENCES lines (pay_sn),
  item_id TEXT NOT NULL,
  amt INTEGER NOT NULL CHECK (amt > 0),
  source_key TEXT NOT NULL, period TEXT NOT NULL, run_id TEXT NOT NULL, rule TEXT NOT NULL,
  org_pay_sn TEXT REFERENCES lines (pay_sn),
  live INTEGER NOT NULL DEFAULT 1 CHECK (live IN (0, 1)),
  PRIMARY KEY (pay_sn, item_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX one_live_line ON line_items (item_id) WHERE live = 1;
CREATE INDEX lines_of_item ON line_items (item_id);

CREATE TABLE held (
  source TEXT NOT NULL, item_id TEXT NOT NULL, source_key TEXT NOT NULL, fund_pay_type TEXT NOT NULL,
  payee_type TEXT NOT NULL, payee_code TEXT NOT NULL, amt INTEGER NOT NULL, insu_admdvs TEXT, rule TEXT NOT NULL,
  period TEXT NOT NULL, run_id TEXT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (source, item_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE signatures (
  bat_no TEXT NOT NULL REFERENCES batches (bat_no),
  round INTEGER NOT NULL, step TEXT NOT NULL CHECK (step IN ('submit', 'review', 'approve', 'reject')),
  person TEXT NOT NULL, fingerprint TEXT NOT NULL, at TEXT NOT NULL,
  statement TEXT NOT NULL, signature TEXT NOT NULL,
  PRIMARY KEY (bat_no, round, step)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX one_step_per_person ON signatures (bat_no, round, person) WHERE step <> 'reject';
CREATE UNIQUE INDEX one_step_per_key ON signatures (bat_no, round, fingerprint) WHERE step <> 'reject';

CREATE TABLE exports (
  bat_no TEXT NOT NULL REFERENCES batches (bat_no),
  name TEXT NOT NULL, layout TEXT NOT NULL, sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
  bytes INTEGER NOT NULL, row_count INTEGER NOT NULL, amt INTEGER NOT NULL,
  PRIMARY KEY (bat_no, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE returns (
  bat_no TEXT NOT NULL REFERENCES batches (bat_no),
  pay_sn TEXT NOT NULL REFERENCES lines (pay_sn),
  no INTEGER NOT NULL CHECK (no > 0),
  pay_stas TEXT NOT NULL CHECK (pay_stas IN ('0', '1', '2', '3')),
  amt INTEGER NOT NULL, tran_date TEXT, bank_sn TEXT, ret_code TEXT, pay_fail_desc TEXT, ret_amt INTEGER,
  period TEXT NOT NULL, src_file TEXT NOT NULL, src_row INTEGER, src_sha256 TEXT NOT NULL,
  PRIMARY KEY (pay_sn, no)
) STRICT, WITHOUT ROWID;

CREATE TABLE findings (
  scope TEXT NOT NULL, period TEXT NOT NULL, finding_id TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (scope, period, finding_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE log (
  seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
  line TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64)
) STRICT;
CREATE TABLE log_written (one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL) STRICT;
INSERT INTO log_written VALUES (1, 0);
"""

_BATCH_STEPS = (
    ("draft", "submitted"), ("submitted", "reviewed"), ("reviewed", "approved"), ("approved", "exported"),
    ("exported", "closed"), ("submitted", "draft"), ("reviewed", "draft"), ("approved", "draft"), ("draft", "cancelled"),
)
_LINE_STEPS = (
    ("pending", "in_progress"), ("pending", "paid"), ("pending", "failed"), ("pending", "returned"), ("pending", "cancelled"),
    ("in_progress", "paid"), ("in_progress", "failed"), ("in_progress", "returned"), ("paid", "returned"),
)
_SIGNED = (("submitted", "submit"), ("reviewed", "review"), ("approved", "approve"))


def _refuse(name: str, table: str, when: str, why: str) -> str:
    return f"CREATE TRIGGER {name} BEFORE {when.partition('|')[0]} ON {table} {when.partition('|')[2]} " \
           f"BEGIN SELECT RAISE(ABORT, '{why}'); END;\n"


def _pairs(steps: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"'{a}>{b}'" for a, b in steps)


def _fixed(name: str, table: str, columns: str, why: str) -> str:
    return _refuse(name, table, f"UPDATE OF {columns}|", why)


def _triggers() -> str:
    text = ""
    for table in ("batches", "lines", "line_items", "signatures", "exports", "returns", "log"):
        text += _refuse(f"{table}_stay", table, "DELETE|", f"{table}: rows are never deleted")
    for table in ("signatures", "exports", "returns", "log"):
        text += _refuse(f"{table}_fixed", table, "UPDATE|", f"{table}: rows never change")
    text += _fixed("batch_fixed", "batches",
                   "bat_no, source, period, fund_pay_type, insu_admdvs, make_date, declared_count, declared_amt, payer_bankacct, "
                   "payer_acctname, payer_bankcode, payer_bank_name, content_sha256", "batches: the content never changes")
    text += _fixed("line_fixed", "lines",
                   "pay_sn, bat_no, row_no, payee_type, payee_code, payee_name, bankacct, acctname, bankcode, bank_name, "
                   "acct_type, amt, usage, postscript, org_pay_sn", "lines: the content never changes")
    text += _fixed("item_fixed", "line_items", "pay_sn, item_id, amt, source_key, period, run_id, rule, org_pay_sn",
                   "line_items: the content never changes")
    text += _refuse("item_dead", "line_items", "UPDATE OF live|WHEN NEW.live > OLD.live", "line_items: a line does not revive")
    text += _refuse("batch_steps", "batches",
                    f"UPDATE OF state|WHEN OLD.state || '>' || NEW.state NOT IN ({_pairs(_BATCH_STEPS)})", "batches: no such step")
    text += _refuse("line_steps", "lines",
                    f"UPDATE OF state|WHEN OLD.state || '>' || NEW.state NOT IN ({_pairs(_LINE_STEPS)})", "lines: no such step")
    text += _refuse("batch_round", "batches", "UPDATE OF round|WHEN NEW.round <> OLD.round + 1 OR NEW.state <> 'draft'",
                    "batches: a round begins with a rejection")
    for state, step in _SIGNED:
        text += _refuse(f"batch_{state}", "batches",
                        f"UPDATE OF state|WHEN NEW.state = '{state}' AND NOT EXISTS (SELECT 1 FROM signatures s WHERE "
                        f"s.bat_no = NEW.bat_no AND s.round = NEW.round AND s.step = '{step}')", f"batches: {step} is not signed")
    text += _refuse("batch_born", "batches", "INSERT|WHEN NEW.state <> 'draft' OR NEW.round <> 1", "batches: begin as drafts")
    text += _refuse("line_born", "lines", "INSERT|WHEN NEW.state <> 'pending' OR (SELECT state FROM batches WHERE "
                    "bat_no = NEW.bat_no) IS NOT 'draft'", "lines: only in a draft")
    text += _refuse("item_born", "line_items", "INSERT|WHEN NEW.live <> 1 OR (SELECT b.state FROM lines l JOIN batches b USING "
                    "(bat_no) WHERE l.pay_sn = NEW.pay_sn) IS NOT 'draft'", "line_items: only in a draft")
    text += _refuse("line_answered", "lines", "UPDATE OF state|WHEN NEW.state <> 'cancelled' AND (SELECT state FROM batches "
                    "WHERE bat_no = NEW.bat_no) NOT IN ('exported', 'closed')", "lines: the bank answers exported batches only")
    text += _refuse("export_born", "exports", "INSERT|WHEN (SELECT state FROM batches WHERE bat_no = NEW.bat_no) "
                    "NOT IN ('approved', 'exported', 'closed')", "exports: only of approved batches")
    text += _refuse("log_grows", "log", "INSERT|WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM log)", "log: in order")
    text += _refuse("written_grows", "log_written", "UPDATE|WHEN NEW.seq < OLD.seq", "log_written: only forward")
    text += _refuse("written_stays", "log_written", "DELETE|", "log_written: stays")
    text += ("CREATE TRIGGER items_open_again AFTER UPDATE OF state ON lines WHEN NEW.state IN ('failed', 'returned', "
             "'cancelled') BEGIN UPDATE line_items SET live = 0 WHERE pay_sn = NEW.pay_sn; END;\n")
    return text


DDL = _TABLES + _triggers()
