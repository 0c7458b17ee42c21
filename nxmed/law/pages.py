"""条款手册 (docs/rules.md, made from the law files): `python -m nxmed.law.pages` writes it to stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from nxmed.errors import UsageError
from nxmed.kernel.article import label
from nxmed.kernel.parameter import Number
from nxmed.law.cases import cases_of
from nxmed.law.catalog import NATIONAL, REGIONS, load_all, load_rules
from nxmed.law.document import STATUSES, Document
from nxmed.law.policy import policy_keys
from nxmed.law.rule import RuleFunction
from nxmed.law.services import service_of

STATUSES_EN = {"computed": "computed", "later": "later section", "duty": "duty or reference"}
_HEAD = """# 条款手册 (rules)

本页由法规数据生成，不手工修改：`python -m nxmed.law.pages > docs/rules.md`。
单条查看：`nxmed law show NXJY-16`；核对：`nxmed law check`。
This page is made from the law files. One rule: `nxmed law show NXJY-16`; check them all: `nxmed law check`.

条款编号为“文件-条”，如 NXJY-16 即经办规程第十六条；输出表的 `rule` 列用同一编号。
"""


def rules_page() -> str:
    """全部文件、数字、条款和规则函数 (Markdown)."""
    return "\n".join([_HEAD, *_policy(), *(line for d in documents() for line in _document(d))]).rstrip() + "\n"


def documents() -> list[Document]:
    """全部文件 (regions first, then national ones)."""
    return [document for folder in (*REGIONS, NATIONAL) for document in load_all(folder)]


def rules_of_region(region: str) -> list[str]:
    """一个地区适用的条款编号 (its own documents, then the national ones)."""
    return [rule for folder in (region, NATIONAL) for document in load_all(folder) for rule in document.articles]


def functions_of(rule_id: str) -> list[RuleFunction]:
    """一条的规则函数 (those that rest on it, its own first)."""
    found = [f for folder in (*REGIONS, NATIONAL) for f in load_rules(folder).values() if rule_id in f.articles]
    return sorted(found, key=lambda f: (f.rule_id != rule_id, f.rule_id, f.name))


def force(since: object, until: object) -> str:
    """起止 ("2021-01-01 起" or "2024-01-01 至 2028-12-31")."""
    return f"{since} 至 {until}" if until else f"{since} 起"


def shown(number: Number) -> str:
    """数值连同单位."""
    unit = {"yuan": " 元", "years": " 年", "day": " 日"}.get(number.unit, "")
    return f"{number.value}{unit}"


def _policy() -> Iterator[str]:
    yield "## 由当地通知给出的数字 (policy.toml)\n"
    yield "| 键 | 含义 | 条款 | 没有时 |"
    yield "|---|---|---|---|"
    names = {"ningxia": "宁夏", "dingxi": "定西"}
    for key in policy_keys():
        without = "、".join(names[r] for r in key.required)
        text = f"{without}必填（退出码 4）" if without else f"按 {key.default}" if key.default is not None else "不计算"
        text += "".join(f"；{names[r]}由 {a} 规定，此处的值不用" for r, a in key.fixed.items())
        yield f"| `{key.key}` | {key.zh}<br>{key.en} | {' '.join(key.rules.values())} | {text} |"
    yield ""


def _document(document: Document) -> Iterator[str]:
    yield f"## {document.code} {document.title}\n"
    yield f"{document.title_en}. {document.number}，{document.authority}；{force(document.since, document.until)}。"
    yield f"{document.note} {document.note_en}\n" if document.note else ""
    for issue in document.issues:
        yield f"- {issue.number}：{force(issue.since, issue.until)}。{issue.note} ({issue.note_en})"
    if document.issues:
        yield ""
    if document.parameters:
        yield "| 数字 | 含义 | 值 | 起止 | 条款 | 依据 | 核对日 |"
        yield "|---|---|---|---|---|---|---|"
        for key, parameter in document.parameters.items():
            for number in parameter.values:
                meaning = f"{parameter.zh}<br>{document.english.get(key, '')}"
                yield (f"| `{key}` | {meaning} | {shown(number)} | {force(number.since, number.until)} | "
                       f"{number.rule} | {number.source} | {number.checked or ''} |")
        yield ""
        for key, reading in document.readings.items():
            yield f"- 读法 `{key}`：{reading}"
        if document.readings:
            yield ""
    yield from _articles(document)


def _articles(document: Document) -> Iterator[str]:
    yield "| 条款 | | 内容 | 命令 | 状态 | 用例 |"
    yield "|---|---|---|---|---|---|"
    for rule_id, article in document.articles.items():
        cases = len(cases_of(rule_id))
        yield (f"| {rule_id} | {label(rule_id)} | {article.zh}<br>{article.en} | {' '.join(article.commands)} | "
               f"{STATUSES[article.status]} | {cases or ''} |")
    yield ""
    own = [f for r in document.articles for f in functions_of(r) if f.rule_id == r]
    for function in own:
        yield f"### {function.rule_id} `{function.name}`\n"
        yield f"概念 `{function.concept}`，引用 {function.cite}。"
        if function.reading:
            yield f"读法：{function.reading}。"
        yield f"\n```text\n{function.text.strip()}\n```\n"


def describe(rule_id: str) -> dict[str, Any]:
    """一条条款的全部 (article, document, numbers, policy keys, functions, cases, where used; UsageError if unknown)."""
    document = next((d for d in documents() if rule_id in d.articles), None)
    if document is None:
        near = get_close_matches(rule_id, [a for d in documents() for a in d.articles], n=3)
        raise UsageError(f"没有条款 {rule_id}",
                         f"是否为 {'、'.join(near)}？" if near else "nxmed law list 列出全部条款",
                         text_en=f"No such rule: {rule_id}",
                         hint_en=f"Did you mean {', '.join(near)}?" if near else "nxmed law list shows them all")
    article = document.articles[rule_id]
    return {
        "rule": rule_id,
        "document": {"code": document.code, "number": document.number, "title": document.title,
                     "title_en": document.title_en, "authority": document.authority, "region": document.region,
                     "since": str(document.since), "until": str(document.until) if document.until else None,
                     "note": document.note},
        "article": {"label": label(rule_id), "zh": article.zh, "en": article.en, "commands": list(article.commands),
                    "status": article.status, "status_zh": STATUSES[article.status],
                    "status_en": STATUSES_EN[article.status]},
        "parameters": [
            {"key": key, "zh": p.zh, "en": document.english.get(key, ""), "value": n.value, "shown": shown(n),
             "unit": n.unit, "since": str(n.since), "until": str(n.until) if n.until else None, "source": n.source,
             "checked": str(n.checked) if n.checked else None, "reading": document.readings.get(key, "")}
            for key, p in document.parameters.items() for n in p.values if n.rule == rule_id],
        "service": service_of(document, rule_id),
        "policy": [{"key": k.key, "zh": k.zh, "en": k.en} for k in policy_keys() if rule_id in k.rules.values()],
        "functions": [{"name": f.name, "concept": f.concept, "rule": f.rule_id, "cite": f.cite,
                       "signature": f.signature, "text": f.text, "reading": f.reading} for f in functions_of(rule_id)],
        "cases": [{"name": c.name, "on": str(c.day), "given": _pairs(c.given), "expected": _pairs(c.expected),
                   "arithmetic": c.arithmetic} for c in cases_of(rule_id)],
        "used": uses(rule_id),
    }


def _pairs(values: Mapping[str, Any]) -> str:
    return "，".join(f"{k} {_pairs(v) if isinstance(v, Mapping) else v}" for k, v in values.items())


def uses(rule_id: str) -> list[str]:
    """用在哪里 (modules outside law that name the rule, one of its concepts or one of its numbers)."""
    wanted = [f'"{rule_id}"', f"'{rule_id}'"]
    wanted += [f'rule("{f.concept}")' for f in functions_of(rule_id) if f.rule_id == rule_id]
    wanted += [f'"{key}"' for d in documents() for key, p in d.parameters.items()
               if any(n.rule == rule_id for n in p.values)]
    root = Path(__file__).resolve().parent.parent
    found = []
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if name.startswith(("kernel/", "law/", "cli/law")):
            continue
        lines = [str(number) for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
                 if any(text in line for text in wanted)]
        if lines:
            found.append(f"nxmed/{name}:{','.join(lines)}")
    return found


if __name__ == "__main__":
    sys.stdout.write(rules_page())
