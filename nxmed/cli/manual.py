"""使用说明 (the help pages in the language of the reader): short texts for the overview, headings, usage lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nxmed.cli.text import lang, t

SHORT: dict[str, tuple[str, str]] = {
    "init": ("建立一个经办机构的工作区", "make the workspace of one agency"),
    "demo": ("用虚构样例跑两个地区、两个月", "run two months of two made-up regions"),
    "samples": ("复制随附的样例，或生成任意规模的样例", "copy the small samples, or make one of any size"),
    "samples generate": ("生成任意规模的样例地区", "make a sample region of any size"),
    "samples copy": ("把随附的小样例复制到文件夹或新工作区", "copy a small sample to a folder or a new workspace"),
    "check": ("检查文件，不入库；生成退回用的问题工作簿", "check files without taking them in"),
    "assess": ("核定缴费基数和应缴，生成送税务的文件", "contribution bases and dues; the tax bureau's file"),
    "reconcile": ("税务到账与国库、应缴核对，出对账表", "tie tax arrivals to treasury and dues"),
    "settle": ("定点机构结算：逐条对账，出应付清单", "settle with providers: compare, reprice, what is owed"),
    "assist": ("医疗救助：重算年度，出应付、待申请名单", "medical assistance: the year anew, the difference"),
    "payout": ("拨付批次：编批、三人签名、导出、回盘", "batches: build, three signatures, the bank"),
    "payout build": ("把未付的付款项编成批次", "build batches of the open items"),
    "payout submit": ("提交（经办），用密钥签名", "submit, signed"),
    "payout review": ("复核，另一个人的密钥", "review, signed by another person"),
    "payout approve": ("审批，第三个人的密钥", "approve, signed by a third person"),
    "payout reject": ("退回草稿，签名作废", "send back to draft"),
    "payout cancel": ("作废草稿，付款项重新待编", "cancel a draft"),
    "payout review-sheet": ("付款审核簿，复核和审批阅看", "the workbook that is read before signing"),
    "payout export": ("导出银行文件、pain.001、审核簿", "the bank's files, pain.001, workbook"),
    "payout import-return": ("读入银行回盘，失败退汇的重新待编", "take in what the bank answered"),
    "payout content": ("打印被签名的内容", "print what is signed"),
    "payout list": ("列出批次和暂缓的付款项", "batches and held items"),
    "payout show": ("一个批次的付款行、签名、日志", "lines, signatures and log of a batch"),
    "payout verify": ("核验批次、签名、日志、文件", "verify batches, signatures, log, files"),
    "cases": ("办件：期限、缺件、环节、统计", "service cases: deadlines, materials"),
    "report": ("月报：网页、PDF、工作簿", "the month on a page: HTML, PDF, workbook"),
    "runs": ("列出已发布的运行", "list the published runs"),
    "verify": ("核验全部运行：哈希、清单链、守恒等式", "prove hashes, the chain and the equations again"),
    "sql": ("只读查询目录", "query the catalogue, read-only"),
    "catalogue": ("说明发布的表和列", "explain the published tables and columns"),
    "explain": ("追问一分钱：怎么来的，当场重算证明", "explain one amount, prove it by replay"),
    "explain line": ("一个人在一张核定单里的基数和应缴", "a person's base and dues in one bill"),
    "explain due": ("一笔应缴怎么来的，哪些到账入了它", "one due: where it comes from, what paid it"),
    "explain assistance": ("一笔医疗救助怎么来的，或为何没有", "an assistance item, or why nothing"),
    "explain arrival": ("一笔到账匹配到哪些应缴", "one arrival: its tests, and the dues it pays"),
    "explain settlement": ("一笔结算怎么对的，哪月付、为何没付", "a settlement: compared, paid, or why not"),
    "explain stay": ("一次住院、慢特病、生育按文件应付多少", "a stay, chronic fee or delivery by the text"),
    "explain payable": ("一项机构应付怎么来的，付到哪一步", "what is owed to a provider, and how paid"),
    "law": ("法规：条款、数字、用例", "the law: articles, numbers, cases"),
    "run": ("跑作业：夜间、月末、税务到账", "run a job: nightly, month-end, tax-feed"),
    "status": ("现状：作业、在等的文件、期限", "jobs, files waited for, deadlines"),
    "doctor": ("体检：机器和工作区能不能用", "is the machine fit to run"),
    "archive": ("归档一个已封存的月份", "pack a closed month into one file"),
    "schedule": ("排班：crontab 或 systemd", "crontab or systemd units"),
    "notify": ("把待发的通知交出去", "hand over the spooled notices"),
    "law list": ("列出条款", "list the articles"),
    "law show": ("一条条款：内容、数字、用例、用在哪里", "one article: text, numbers, cases, where used"),
    "law check": ("核对法规文件和 policy.toml", "check the law files and policy.toml"),
}
"""One line per command for the overview (at most 30 characters, so that no terminal cuts it)."""

ENGLISH: dict[str, str] = {
    "init": "Make the workspace of one agency: configuration, local numbers, inbox, outbox, runs, quarantine.",
    "demo": "Run two months of two made-up regions, say what was found and where the results lie.",
    "samples generate": "Make a sample region of any size: inboxes, policy.toml, and planted.csv, the list of what was planted.",
    "samples copy": "Copy a small sample (two months, about 900 persons) to a folder or a new workspace.",
    "check": "Check files without taking them in: every problem with its cell and how to mend it, and the workbook that goes "
             "back to the sender. Exit 3 when rows are rejected, 6 when a file is absent.",
    "assess": "Contribution bases and dues of a month, and the file for the tax bureau (articles 13 to 17, 20, 21, 25 to 29).",
    "reconcile": "Tie the tax arrivals to the treasury statement, match them to the dues, and make the reconciliation statement "
                 "(articles 21, 22, 25; Social Insurance Law, article 86).",
    "assist": "Medical assistance: the benefit year anew with what is known now; the difference goes to payout items, to the "
              "list to be claimed, or to the list to be recovered (rules for assistance, articles 10 to 20, 36).",
    "payout build": "Build batches of the items not yet paid, by fund and paying agency, one line per payee and account; items "
                    "without a valid account are held.",
    "payout submit": "Submit: the batch is proved unchanged and signed with the submitter's key.",
    "payout review": "Review: not by the person or the key that submitted.",
    "payout approve": "Approve: not by a person or key of the steps before; then the batch may be exported.",
    "payout reject": "Send a batch that is not exported back to draft (review or approve role): this round's signatures are void.",
    "payout cancel": "Cancel a draft: its items are open again, its number is not used again.",
    "payout review-sheet": "Write the review workbook: totals in figures and capital numerals, lines (accounts masked), items, held "
                           "items, signatures, head of the log; for reading and printing before one signs.",
    "payout export": "Export an approved batch: the bank's files, pain.001 and the review workbook. All three signatures and the "
                     "content are checked again first; exporting again gives the same files.",
    "payout import-return": "Take in the bank's answers: matched on batch and line number, taken only when the amount is equal to the "
                            "fen; items that failed or came back are open again. The same answers again change nothing.",
    "payout content": "Print the canonical text of a batch (its sha256 is signed; accounts in full, so it is logged), or with --for the text that a "
                      "step signs, for signing elsewhere and for auditors.",
    "payout list": "List batches, their states, what the bank has answered, and the held items.",
    "payout show": "One batch: lines (accounts masked), signatures, exported files, answers of the bank, log.",
    "payout verify": "Verify batches: content, signatures, log, exported files, conservation. Exit 7 when a byte is wrong.",
    "cases": "Service cases against the 55 items of the service list: deadlines by the working-day calendar, missing materials all at "
             "once, order of steps, statistics by item and office (rules for assistance, articles 21, 22).",
    "report": "The month on a page: dues and arrivals, collection rate, differences, payables, assistance, arrears; page, PDF and "
              "workbook show the same figures (articles 68, 69; assistance, article 35).",
    "settle run": "Settle a month with the providers (`run` may be left out): statements compared both ways, what is owed to each.",
    "settle resolve": "Decide on a difference: agency (as the agency has it), provider (the pooled fund corrected), reject (nothing); "
                      "who, when and why are recorded, and the next settlement carries it out.",
    "runs": "List the published runs: which one is current, sealed or not, who published it and when, how many findings.",
    "verify": "Verify all runs: hashes, the chain of manifests, the sums of tables, the conservation equations. Exit 7 if one fails.",
    "sql": "Query the catalogue, read-only: one view per table, Chinese views under zh (identity numbers masked on screen).",
    "catalogue": "Explain the published tables: columns, Chinese names, types, meaning, rule.",
    "explain line": "A person's base and dues in one bill: which file and row, which number of the law, every step, the replay.",
    "explain due": "One due: where it comes from, which arrivals paid it, what is still open.",
    "explain assistance": "One assistance item: identities, tier, the year before it, totals, caps, what was paid, the claim, the replay.",
    "explain settlement": "One settlement: both sides, every test of the class order, what holds it, the break over the months and who "
                          "decided, what was recognised per fund, in which month it is paid, or why not.",
    "explain stay": "One stay, chronic fee or negotiated drug by the text (scope, level, place, deductible, rate, yearly totals and "
                    "limits, supplement, difference to the bill), or a delivery's package.",
    "explain payable": "One payable (provider and fund): recognised by class, carried in, deductions, deposit, advance, carried out, "
                       "what is paid; payout item, batch and bank.",
    "explain arrival": "One arrival: every test, both sums of the treasury tie, the dues it was matched to, what is left.",
    "run": "Run the steps of a job file one after another: what lacks a file waits, what needs it is skipped, the rest goes on; "
           "the worst exit code wins. Deadlines follow the working-day calendar (article 21).",
    "status": "Last run of each job, what is waited for, findings, batches, deadlines within five working days, disk, lock, calendar. "
              "--check gives monitors an exit code: the worst of what failed, stopped or is late.",
    "doctor": "Is this machine, and this workspace, fit to run: Python and libraries, fonts, ssh-keygen, rights, file system, clock, "
              "catalogue; each with what to do. Exit 2 when something is not.",
    "archive": "Pack a closed month into one file that can be verified alone: inputs, runs, outbox, signatures, law. Exit 5 while it is open.",
    "schedule": "The jobs as a crontab, or as systemd units and timers, printed or written; --if-due judges the deadlines.",
    "notify": "Hand the spooled events (JSON on standard input) to the command of nxmed.toml; what it does not take is kept.",
    "law list": "List the articles: what they say, which command uses them, implemented or not.",
    "law show": "One article: what it says, its rule functions, numbers (dates, source, day checked), cases, where it is used.",
    "law check": "Check the law files and the workspace's policy.toml: unknown keys, gaps, overlaps, exactly one value per day; "
                 "list the numbers that a local notice must still give.",
}
"""The English help; the Chinese one is the command's own docstring."""

OPTION_TEXTS = {
    "help": ("显示本说明", "show this help"),
    "install_completion": ("为当前命令行安装自动补全", "install completion for the current shell"),
    "show_completion": ("显示自动补全脚本，供复制或修改", "show the completion script, to copy or to change it"),
}


def dress(command: Any, path: str = "") -> None:
    """说明换成所选语言 (a command and all below it: help, overview line, usage line, headings), in place."""
    if path in SHORT:
        command.short_help = t(*SHORT[path])
    if lang() == "en" and path in ENGLISH:
        command.help = ENGLISH[path]
    command.options_metavar = t("[选项]", "[OPTIONS]")
    if hasattr(command, "subcommand_metavar"):
        command.subcommand_metavar = t("命令 [参数]…", "COMMAND [ARGS]…")
    for param in command.params:
        if param.name in OPTION_TEXTS:
            param.help = t(*OPTION_TEXTS[param.name])
    command.get_usage = _usage(command.get_usage)
    command.get_help_option = _help_option(command.get_help_option)
    command.format_help = _page(command.format_help)
    for name, below in getattr(command, "commands", {}).items():
        dress(below, f"{path} {name}".strip())


def _usage(original: Callable[[Any], str]) -> Callable[[Any], str]:
    def usage(context: Any) -> str:
        return t("用法：", "Usage: ") + original(context).removeprefix("Usage: ")

    return usage


def _help_option(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def option(context: Any) -> Any:
        made = original(context)
        if made is not None:
            made.help = t(*OPTION_TEXTS["help"])
        return made

    return option


def _page(original: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    def page(context: Any, formatter: Any) -> None:
        from typer import rich_utils

        rich_utils.ARGUMENTS_PANEL_TITLE = t("参数", "Arguments")
        rich_utils.OPTIONS_PANEL_TITLE = t("选项", "Options")
        rich_utils.COMMANDS_PANEL_TITLE = t("命令", "Commands")
        rich_utils.REQUIRED_LONG_STRING = t("[必填]", "[required]")
        rich_utils.DEFAULT_STRING = t("[默认：{}]", "[default: {}]")
        rich_utils.ENVVAR_STRING = t("[环境变量：{}]", "[env var: {}]")
        original(context, formatter)

    return page
