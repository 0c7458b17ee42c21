"""按 ISO 20022 的 schema 校验 pain.001 (libxml2 through lxml; the schema's text ships with the package sepaxml)."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

from nxmed.errors import IntegrityError

SCHEMA = "pain.001.001.09.xsd"


@cache
def _schema() -> Any:
    """The compiled schema; None when the validating packages are not installed."""
    found = importlib.util.find_spec("sepaxml")
    if found is None or found.origin is None or importlib.util.find_spec("lxml") is None:
        return None
    path = Path(found.origin).parent / "schemas" / SCHEMA
    if not path.is_file():
        return None
    from lxml import etree

    return etree.XMLSchema(etree.parse(str(path), etree.XMLParser(no_network=True, resolve_entities=False)))


def check_message(content: bytes) -> bool:
    """校验报文: True when it obeys the schema, False when no validating library is installed.

    IntegrityError (exit 7) names the element and line that break a rule, never the value.
    """
    schema = _schema()
    if schema is None:
        return False
    from lxml import etree

    parser = etree.XMLParser(no_network=True, resolve_entities=False, huge_tree=True)
    if not schema.validate(etree.fromstring(content, parser)):
        first = schema.error_log[0]
        place = f"{first.path or ''} {first.type_name}".rsplit("}", 1)[-1]
        raise IntegrityError(
            f"pain.001 报文第 {first.line} 行不符合 schema：{place}", "未写出任何文件；请联系维护人员",
            text_en=f"the pain.001 message breaks the schema at line {first.line}: {place}",
            hint_en="nothing was written; call the maintainers")
    return True
