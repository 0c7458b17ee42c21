"""nxmed law: 法规与数字."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from nxmed.cli.options import IdleDryRunOption, IdleWorkspaceOption, JsonOption, LangOption, WorkspaceOption
from nxmed.cli.text import t

if TYPE_CHECKING:
    from nxmed.law.checking import Checked

app = typer.Typer(help=t("法规：条款、数字、用例", "the law: articles, numbers, cases"), no_args_is_help=True)

REGIONS = {"ningxia": ("宁夏", "Ningxia"), "dingxi": ("定西", "Dingxi"), "national": ("全国", "national")}

RegionOption = Annotated[
    str | None, typer.Option("--region", metavar="ningxia|dingxi|national", show_default=False,
                             help=t("只看一个地区", "one region only"))
]


@app.command("list")
def list_(
    region: RegionOption = None,
    command: Annotated[str | None, typer.Option("--command", metavar="NAME", show_default=False,
                                                help=t("只看一个命令用到的条款", "rules of one command only"))] = None,
    json_: JsonOption = False,
    workspace: IdleWorkspaceOption = None,
    dry_run: IdleDryRunOption = False,
    lang: LangOption = None,
) -> None:
    """列出条款：内容、命令、是否已实现。"""
    del lang, workspace, dry_run
    from nxmed.cli.text import out, table
    from nxmed.errors import MissingInput, UsageError
    from nxmed.kernel.article import label
    from nxmed.law.document import STATUSES
    from nxmed.law.pages import STATUSES_EN, documents

    if region is not None and region not in REGIONS:
        raise UsageError(f"不认识的地区 {region}", f"可用：{'、'.join(REGIONS)}",
                         text_en=f"Unknown region {region}", hint_en=f"Known: {', '.join(REGIONS)}")
    chosen = [(d, [a for a in d.articles.values() if command is None or command in a.commands])
              for d in documents() if region in (None, d.region)]
    chosen = [(d, articles) for d, articles in chosen if articles]
    if not chosen:
        raise MissingInput(f"没有命令 {command} 的条款", "nxmed law list 列出全部条款",
                           text_en=f"No rule belongs to {command}", hint_en="nxmed law list shows them all")
    if json_:
        _json([{"rule": a.rule_id, "document": d.code, "region": d.region, "zh": a.zh, "en": a.en,
                "commands": list(a.commands), "status": a.status} for d, articles in chosen for a in articles])
        return
    for document, articles in chosen:
        title = f"{document.code}  {document.title}  {document.number}"
        rows = [(a.rule_id, label(a.rule_id), t(a.zh, a.en), " ".join(a.commands),
                 t(STATUSES[a.status], STATUSES_EN[a.status])) for a in articles]
        out("", table([(t("条款", "rule"), "left"), (t("条号", "article"), "left"), (t("内容", "what it says"), "left"),
                       (t("命令", "command"), "left"), (t("状态", "status"), "left")], rows, title=title))
    out("", t("查看一条：nxmed law show NXJY-16", "one rule: nxmed law show NXJY-16"))


@app.command()
def show(
    rule: Annotated[str, typer.Argument(metavar="RULE", show_default=False, help=t(
        "条款编号，如 NXJY-16；在工作区内或写明地区时也可写条号，如 第十六条、16",
        "rule id, such as NXJY-16; in a workspace or with a region also the article's number, such as 16"))],
    region: Annotated[str | None, typer.Option("--region", metavar="ningxia|dingxi", show_default=False, help=t(
        "按条号查时的地区（默认按工作区）", "region of an article's number (default: the workspace's)"))] = None,
    json_: JsonOption = False,
    workspace: WorkspaceOption = None,
    dry_run: IdleDryRunOption = False,
    lang: LangOption = None,
) -> None:
    """一条条款：内容、规则函数、数字（起止、依据、核对日）、用例、用在哪里。"""
    del lang, dry_run
    from nxmed.law.pages import describe

    named = _named(rule.strip(), region, workspace)
    if len(named) > 1:
        _several(named, json_)
        return
    about = describe(named[0])
    if json_:
        _json(about)
    else:
        _show(about)


def _named(rule: str, region: str | None, workspace: Any) -> list[str]:
    """The rule ids that are meant: the one written, or those of the region with that article number."""
    from nxmed.errors import UsageError
    from nxmed.kernel.article import matches
    from nxmed.law import catalog
    from nxmed.law.pages import rules_of_region

    if region is not None and region not in catalog.REGIONS:
        raise UsageError(f"不认识的地区 {region}", f"可用：{'、'.join(catalog.REGIONS)}",
                         text_en=f"Unknown region {region}", hint_en=f"Known: {', '.join(catalog.REGIONS)}")
    if matches(rule, "SIL-1") is None:
        return [rule.upper()]
    where = region if region is not None else _workspace(workspace)[0]
    if where is None:
        raise UsageError(f"只有条号 {rule}，不知道是哪个地区的文件", f"写明地区：nxmed law show {rule} --region ningxia，或写条款编号如 NXJY-16",
                         text_en=f"{rule} alone does not say of which region's document",
                         hint_en=f"Name the region: nxmed law show {rule} --region ningxia, or write a rule id such as NXJY-16")
    found = [r for r in rules_of_region(where) if matches(rule, r)]
    if not found:
        raise UsageError(f"没有条款 {rule}", "nxmed law list 列出全部条款",
                         text_en=f"No such rule: {rule}", hint_en="nxmed law list shows them all")
    return found


def _several(rules: list[str], as_json: bool) -> None:
    from nxmed.cli.text import out, table
    from nxmed.law.pages import describe

    found = [describe(rule) for rule in rules]
    if as_json:
        _json([{"rule": a["rule"], "document": a["document"]["code"], "zh": a["article"]["zh"], "en": a["article"]["en"]}
               for a in found])
        return
    rows = [(a["rule"], a["article"]["label"], t(a["document"]["title"], a["document"]["title_en"]),
             t(a["article"]["zh"], a["article"]["en"])) for a in found]
    out(table([(t("条款", "rule"), "left"), (t("条号", "article"), "left"), (t("文件", "document"), "left"),
               (t("内容", "what it says"), "left")], rows))
    out("", t(f"查看一条：nxmed law show {rules[0]}", f"one rule: nxmed law show {rules[0]}"))


def _show(about: dict[str, Any]) -> None:
    from nxmed.cli.text import out, table

    document, article = about["document"], about["article"]
    until = t("起", " on") if document["until"] is None else t(f" 至 {document['until']}", f" to {document['until']}")
    out(f"{about['rule']}  {article['label']}  {t(document['title'], document['title_en'])}",
        f"  {document['number']}  {document['since']}{until}", "",
        f"  {t(article['zh'], article['en'])}",
        t(f"  命令：{' '.join(article['commands']) or '—'}   状态：{article['status_zh']}",
          f"  command: {' '.join(article['commands']) or '—'}   status: {article['status_en']}"))
    if about["parameters"]:
        rows = [(p["key"], t(p["zh"], p["en"] or p["zh"]), t(p["shown"], p["value"]), p["since"], p["until"] or "",
                 p["source"], p["checked"] or "") for p in about["parameters"]]
        out("", table([(t("数字", "number"), "left"), (t("含义", "meaning"), "left"), (t("值", "value"), "right"),
                       (t("起", "since"), "left"), (t("止", "until"), "left"), (t("依据", "source"), "left"),
                       (t("核对日", "checked"), "left")], rows))
        for parameter in about["parameters"]:
            if parameter["reading"]:
                out(t(f"  读法 {parameter['key']}：", f"  reading of {parameter['key']}: ") + parameter["reading"])
    if about["service"]:
        _show_service(about["service"])
    for key in about["policy"]:
        out("", t(f"  由 policy.toml 给出：[{key['key']}] {key['zh']}",
                  f"  given in policy.toml: [{key['key']}] {key['en']}"))
    for function in about["functions"]:
        out("", f"  {function['signature']}", *[f"    {line}" for line in function["text"].splitlines()])
        if function["reading"]:
            out(t("    读法：", "    reading: ") + function["reading"])
    if about["cases"]:
        cases = [(c["name"], c["given"], c["expected"], c["arithmetic"]) for c in about["cases"]]
        out("", table([(t("用例", "case"), "left"), (t("已知", "given"), "left"), (t("应得", "expected"), "left"),
                       (t("算式", "arithmetic"), "left")], cases))
    if about["used"]:
        out("", t("  用在：", "  used in: ") + "  ".join(about["used"]))


def _show_service(service: dict[str, Any]) -> None:
    """An item of the service list: limits, steps, materials."""
    from nxmed.cli.text import out, table

    limits = "；".join(t(x["zh"], x["en"]) for x in service["limits"]) or t("清单未写", "the list names none")
    out("", t(f"  子项编码：{service['code']}", f"  code: {service['code']}"), t(f"  时限：{limits}", f"  limit: {limits}"),
        *[t(f"    {s['stage']} {s['name']}：{s['zh']}", f"    {s['stage']} {s['name']}: {s['en']}") for s in service["stages"]],
        t("  环节：", "  steps: ") + "—".join(service["steps"]))
    rows = [(m["code"], m["name"], t("必备", "required") if m["required"] else t("视情况", "where it applies"))
            for m in service["materials"]]
    if rows:
        out("", table([(t("材料", "material"), "left"), (t("名称", "name"), "left"), ("", "left")], rows))


@app.command()
def check(
    workspace: WorkspaceOption = None,
    json_: JsonOption = False,
    dry_run: IdleDryRunOption = False,
    lang: LangOption = None,
) -> None:
    """核对法规文件和工作区的 policy.toml：不认识的键、空档、重叠、每天恰有一个值；列出还须由当地通知给出的数字。"""
    del lang, dry_run
    from nxmed.errors import EXIT_MISSING_NUMBER, EXIT_USAGE
    from nxmed.law.checking import check_law

    region, policy = _workspace(workspace)
    found = check_law(policy, region)
    lacking = [w for w in found.wanted if w.required and w.never]
    code = EXIT_USAGE if found.problems else EXIT_MISSING_NUMBER if region is not None and lacking else 0
    if json_:
        _json({"status": "ok" if code == 0 else "error", "exit_code": code, "region": region,
               "documents": found.documents, "articles": found.articles, "numbers": found.numbers, "rules": found.rules,
               "problems": [{"where": p.where, "message": t(p.zh, p.en), "hint": t(p.hint_zh, p.hint_en)}
                            for p in found.problems],
               "wanted": [{"region": w.region, "key": w.key, "zh": w.zh, "required": w.required,
                           "missing": [{"since": str(s.since), "until": str(s.until)} for s in w.missing]}
                          for w in found.wanted]})
    else:
        _checked(found)
    raise typer.Exit(code)


def _workspace(given: Any) -> tuple[str | None, dict[str, Any] | None]:
    """Region and policy of the workspace; without one named and none here, the law files alone are checked."""
    import os
    from pathlib import Path

    from nxmed.io.workspace import CONFIG_NAME, find

    if given is None and not os.environ.get("NXMED_WORKSPACE") and not (Path.cwd() / CONFIG_NAME).is_file():
        return None, None
    found = find(given)
    return found.region, found.policy()


def _checked(found: Checked) -> None:
    from nxmed.cli.text import out, table
    from nxmed.law.checking import FIRST_DAY, LAST_DAY

    out(t(f"法规文件 {found.documents} 份，条款 {found.articles} 条，数字 {found.numbers} 个，"
          f"规则函数 {found.rules} 个；核对 {FIRST_DAY} 至 {LAST_DAY} 的每一天",
          f"{found.documents} documents, {found.articles} rules, {found.numbers} numbers, "
          f"{found.rules} rule functions; every day from {FIRST_DAY} to {LAST_DAY}"))
    for problem in found.problems:
        out(f"✘ {t(problem.zh, problem.en)}", f"  → {t(problem.hint_zh, problem.hint_en)}")
    if not found.problems:
        out(t("✔ 没有不认识的键、空档或重叠", "✔ no unknown key, gap or overlap"))
    if found.wanted:
        rows = [(t(*REGIONS[w.region]), w.key, t(w.zh, w.en),
                 t("必填", "required") if w.required else t("可选", "optional"),
                 "、".join(f"{s.since} – {s.until}" for s in w.missing)) for w in found.wanted]
        out("", table([(t("地区", "region"), "left"), (t("policy.toml 的键", "key of policy.toml"), "left"),
                       (t("含义", "meaning"), "left"), ("", "left"),
                       (t("没有值的日子", "days without a value"), "left")],
                      rows, title=t("由当地通知给出、尚无值的数字", "numbers that a local notice must give")))


def _json(content: object) -> None:
    import json
    import sys

    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")
