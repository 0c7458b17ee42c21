"""pain.001.001.09: obeys the schema (two validators, the schema's own text), says what the lines say."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
import sepaxml
import xmlschema
from batches import BAT, PAYER, batch, line, lines
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from nxmed.errors import InputRefused, IntegrityError
from nxmed.io.pain001_schema import check_message
from nxmed.payouts.pain001 import NAMESPACE, render, totals
from nxmed.payouts.shapes import Payer

SCHEMA = Path(sepaxml.__file__).parent / "schemas" / "pain.001.001.09.xsd"


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(SCHEMA))


def message(frame: Any = None, **over: Any) -> bytes:
    of = lines() if frame is None else frame
    made = render(batch(of, **over), of)
    assert made is not None
    return made


def texts(content: bytes, path: str) -> list[str]:
    steps = "/".join(f"p:{s}" for s in path.split("/"))
    return [str(e.text) for e in etree.fromstring(content).iterfind(f".//{steps}", {"p": NAMESPACE})]


def test_it_obeys_the_schema_and_carries_the_batch(schema: xmlschema.XMLSchema) -> None:
    made = message()
    schema.validate(io.BytesIO(made))
    assert check_message(made) is True
    assert texts(made, "GrpHdr/MsgId") == [BAT]
    assert texts(made, "GrpHdr/NbOfTxs") == ["3"]
    assert texts(made, "GrpHdr/CtrlSum") == ["10123.46"]
    assert texts(made, "PmtId/EndToEndId") == [f"{BAT}{n:06d}" for n in (1, 2, 3)]
    assert texts(made, "Amt/InstdAmt") == ["123.45", "0.01", "10000.00"]
    assert set(re.findall(rb'Ccy="(\w+)"', made)) == {b"CNY"}
    assert texts(made, "Cdtr/Nm") == ["张三", "李四", "买买提·艾力"]
    assert texts(made, "CdtrAcct/Id/Othr/Id")[0] == "6222020200112200001"
    assert texts(made, "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId") == ["102100099996"] * 3
    assert texts(made, "DbtrAcct/Id/Othr/Id") == [PAYER.bankacct]
    assert texts(made, "ReqdExctnDt/Dt") == ["2026-12-31"]
    assert texts(made, "Purp/Cd") == ["SSBE"] * 3
    assert totals(made) == (3, 1012346)
    assert message() == made


def test_what_is_not_known_is_left_out_and_still_obeys(schema: xmlschema.XMLSchema) -> None:
    bare = lines(line(1, bankcode=None, bank_name=None, postscript=""), line(2, bankcode=None))
    made = message(bare, source="settle", payer=Payer("123", "中心"))
    schema.validate(io.BytesIO(made))
    assert texts(made, "DbtrAgt/FinInstnId/Nm") == ["NOTPROVIDED"]
    assert texts(made, "CdtrAgt/FinInstnId/Nm") == ["工商银行"]
    assert texts(made, "Purp/Cd") == ["HLTI", "HLTI"]


def test_without_a_payer_or_a_date_there_is_no_message() -> None:
    assert render(batch(payer=None), lines()) is None
    assert render(batch(make_date=None), lines()) is None


@pytest.mark.parametrize(("field", "value"), [
    ("acctname", "某" * 141), ("bankacct", "6" * 35), ("bankcode", "1" * 36), ("postscript", "医" * 141), ("acctname", ""), ("acctname", "张\x01三"),
    ("acctname", "张\ufffe三")])
def test_what_the_message_type_does_not_allow_is_refused_with_its_row(field: str, value: str) -> None:
    frame = lines(line(1), line(2, **{field: value}))
    with pytest.raises(InputRefused) as caught:
        render(batch(frame), frame)
    assert f"第 2 行 {field}" in caught.value.text
    assert not value or value not in caught.value.text


def test_a_message_that_breaks_the_schema_is_found() -> None:
    made = message()
    for bad in (made.replace(b"<PmtMtd>TRF", b"<PmtMtd>XXX"), made.replace(b"<MsgId>", b"<MsgID>").replace(b"</MsgId>", b"</MsgID>"),
                made.replace(b"123.45<", b"123.4567890<"), made.replace(BAT.encode() + b"</MsgId>", b"</MsgId>")):
        with pytest.raises(IntegrityError) as caught:
            check_message(bad)
        assert "6222020200112200001" not in caught.value.text


words = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=60).filter(lambda t: t.strip() and not re.search("[\ufffe\uffff]", t))


@settings(max_examples=40, deadline=None)
@given(words, words, st.integers(1, 10**12))
def test_any_name_and_text_is_written_whole(name: str, note: str, fen: int) -> None:
    frame = lines(line(1, acctname=name, postscript=note, amt=fen))
    made = message(frame)
    assert check_message(made)
    assert texts(made, "Cdtr/Nm") == [name]
    assert texts(made, "RmtInf/Ustrd") == [note]
    assert texts(made, "GrpHdr/CtrlSum") == [f"{fen // 100}.{fen % 100:02d}"]
