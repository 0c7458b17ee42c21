"""ISO 20022 付款指令 (pain.001.001.09): one message, one payment block, one transaction per bank line.

MsgId = 批次号, EndToEndId = 支付流水号, amounts in CNY with two decimals. No clock: times come from the batch's own date.
What the message type does not allow (too long, a character XML lacks) is refused naming the row; nothing is cut.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

import polars as pl

from nxmed.errors import InputRefused
from nxmed.kernel.money import yuan
from nxmed.payouts.shapes import Batch

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
PURPOSES: Mapping[str, str] = {"assist": "SSBE", "settle": "HLTI"}
"""用途代码 by source: a social-security benefit; health insurance."""
LONGEST: Mapping[str, int] = {"acctname": 140, "bankacct": 34, "bankcode": 35, "bank_name": 140, "postscript": 140, "pay_sn": 35}
"""Characters the message type allows (Max140Text, Max34Text, Max35Text)."""
MOST_FEN = 10**18 - 1
"""DecimalNumber and the amounts have at most 18 digits."""
_AMOUNT = re.compile(rb'<InstdAmt Ccy="CNY">([0-9]+)[.]([0-9]{2})</InstdAmt>')
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(batch: Batch, lines: pl.DataFrame) -> bytes | None:
    """写 pain.001: shape LINE in (amounts in fen), UTF-8 bytes out; None without a payer account or date, which the
    message type requires. InputRefused (exit 3) names the rows that do not fit."""
    if batch.payer is None or batch.make_date is None or not lines.height:
        return None
    rows = lines.sort("row_no").to_dicts()
    _check(batch, rows)
    day = batch.make_date.isoformat()
    count, total = len(rows), yuan(sum(r["amt"] for r in rows))
    payer = _agent("DbtrAgt", batch.payer.bankcode, batch.payer.bank_name) or _agent("DbtrAgt", None, "NOTPROVIDED")
    purpose = PURPOSES.get(batch.source)
    pieces = [
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{NAMESPACE}">\n<CstmrCdtTrfInitn>\n',
        f"<GrpHdr><MsgId>{escape(batch.bat_no)}</MsgId><CreDtTm>{day}T00:00:00</CreDtTm><NbOfTxs>{count}</NbOfTxs>"
        f"<CtrlSum>{total}</CtrlSum><InitgPty><Nm>{escape(batch.payer.acctname)}</Nm></InitgPty></GrpHdr>\n",
        f"<PmtInf><PmtInfId>{escape(batch.bat_no)}</PmtInfId><PmtMtd>TRF</PmtMtd><BtchBookg>true</BtchBookg><NbOfTxs>{count}</NbOfTxs>"
        f"<CtrlSum>{total}</CtrlSum><ReqdExctnDt><Dt>{day}</Dt></ReqdExctnDt><Dbtr><Nm>{escape(batch.payer.acctname)}</Nm></Dbtr>"
        f"<DbtrAcct><Id><Othr><Id>{escape(batch.payer.bankacct)}</Id></Othr></Id><Ccy>CNY</Ccy></DbtrAcct>{payer}\n",
        *(_transaction(row, purpose) for row in rows),
        "</PmtInf>\n</CstmrCdtTrfInitn>\n</Document>\n",
    ]
    return "".join(pieces).encode()


def totals(message: bytes) -> tuple[int, int]:
    """报文的笔数与金额 (transactions and their fen, read back from the bytes)."""
    amounts = _AMOUNT.findall(message)
    return len(amounts), sum(int(yuan_ + fen) for yuan_, fen in amounts)


def _transaction(row: Mapping[str, Any], purpose: str | None) -> str:
    return (
        f"<CdtTrfTxInf><PmtId><InstrId>{row['row_no']}</InstrId><EndToEndId>{escape(row['pay_sn'])}</EndToEndId></PmtId>"
        f'<Amt><InstdAmt Ccy="CNY">{yuan(row["amt"])}</InstdAmt></Amt>{_agent("CdtrAgt", row["bankcode"], row["bank_name"])}'
        f"<Cdtr><Nm>{escape(row['acctname'])}</Nm></Cdtr>"
        f"<CdtrAcct><Id><Othr><Id>{escape(row['bankacct'])}</Id></Othr></Id></CdtrAcct>"
        + (f"<Purp><Cd>{purpose}</Cd></Purp>" if purpose else "")
        + (f"<RmtInf><Ustrd>{escape(row['postscript'])}</Ustrd></RmtInf>" if row["postscript"] else "") + "</CdtTrfTxInf>\n")


def _agent(tag: str, code: str | None, name: str | None) -> str:
    """A bank by its 联行号 (CNAPS) and name; nothing without either."""
    known = (f"<ClrSysMmbId><ClrSysId><Cd>CNAPS</Cd></ClrSysId><MmbId>{escape(code)}</MmbId></ClrSysMmbId>" if code else "") + (
        f"<Nm>{escape(name)}</Nm>" if name else "")
    return f"<{tag}><FinInstnId>{known}</FinInstnId></{tag}>" if known else ""


def _check(batch: Batch, rows: list[dict[str, Any]]) -> None:
    payer = batch.payer
    assert payer is not None
    head = {"acctname": payer.acctname, "bankacct": payer.bankacct, "bankcode": payer.bankcode, "bank_name": payer.bank_name}
    bad = [("付款账户", "payer account", name, why) for name, why in _wrong(head)]
    for row in rows:
        bad += [(f"第 {row['row_no']} 行", f"row {row['row_no']}", name, why) for name, why in _wrong(row)]
        if not 0 < row["amt"] <= MOST_FEN:
            bad.append((f"第 {row['row_no']} 行", f"row {row['row_no']}", "amt", ("金额不能写入", "can't be written")))
    if not bad:
        return
    where, where_en, name, why = bad[0]
    raise InputRefused(
        f"批次 {batch.bat_no} 不能写成 pain.001：{where} {name} {why[0]}" + (f"等 {len(bad)} 处" if len(bad) > 1 else ""),
        "更正账户登记后退回草稿重新编批", text_en=f"batch {batch.bat_no} can't be written as pain.001: {where_en} {name} {why[1]}",
        hint_en="correct the account register and build the batch anew",
        problems=[(w, f"{n} {y[0]}", "") for w, _, n, y in bad[:200]],
        problems_en=[(w, f"{n} {y[1]}", "") for _, w, n, y in bad[:200]])


def _wrong(values: Mapping[str, Any]) -> list[tuple[str, tuple[str, str]]]:
    found = []
    for name, most in LONGEST.items():
        text = values.get(name) or ""
        if len(text) > most:
            found.append((name, (f"长 {len(text)} 字，最多 {most}", f"has {len(text)} characters, at most {most}")))
        if _NOT_XML.search(text):
            found.append((name, ("含有 XML 不允许的字符", "holds a character that XML does not allow")))
        if not text and name in ("acctname", "bankacct"):
            found.append((name, ("为空", "is empty")))
    return found
