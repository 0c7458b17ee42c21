"""发现代码 (the codes of findings: severity, title, what to do next)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FindingCode:
    """一类发现: code, severity (error, warning, info), titles, next steps, the rule it rests on."""

    code: str
    severity: str
    zh: str
    en: str
    next_zh: str
    next_en: str
    rule: str = ""


def _codes(*codes: FindingCode) -> dict[str, FindingCode]:
    return {c.code: c for c in codes}


CODES: dict[str, FindingCode] = _codes(
    # 读取
    FindingCode("BAD_CERTNO", "warning", "证件号码校验位不符", "check digit of an identity number fails",
                "请送件单位核对证件原件后更正登记", "ask the sender to check the document and correct the register"),
    FindingCode("BAD_USCC", "warning", "统一社会信用代码校验位不符", "check digit of a credit code fails",
                "核对营业执照后更正单位登记", "check the licence and correct the unit register"),
    FindingCode("BAD_BANKCARD", "warning", "银行卡号校验位不符", "Luhn digit of a card number fails",
                "核对账户登记", "check the account register"),
    FindingCode("BAD_CNAPS", "warning", "联行号校验位不符", "check digit of a bank number fails",
                "核对开户行行号", "check the bank number"),
    FindingCode("UNKNOWN_CODE", "warning", "代码不在代码表内", "a code is not in its list",
                "核对代码；确为新代码的，更新契约代码表", "check the code, or extend the list in the contract"),
    FindingCode("UNKNOWN_COLUMN", "info", "契约以外的列", "a column outside the contract",
                "无需处理；该列保留不参与计算", "nothing; the column is kept and not used"),
    FindingCode("UNKNOWN_FILE", "warning", "收件箱内无法识别的文件", "a file in the inbox that no contract claims",
                "文件名应以契约代号或中文名开头", "the file name must begin with a contract's id or Chinese title"),
    FindingCode("FILE_LAYOUT", "error", "整份文件多半版式不对", "most rows of a file rejected for one reason",
                "请送件单位按文件格式整份重报", "ask the sender for the whole file in the right layout"),
    FindingCode("ONE_CAUSE", "warning", "许多发现出自同一处", "many findings share one cause",
                "先查所说的文件、日期或机构，其余多半随之消失", "look into that file, day or provider first; most of the rest goes with it"),
    # 运行
    FindingCode("FIRST_MONTH", "info", "首个月份，由期初文件起算", "first month: starts from the opening files",
                "核对期初文件是否齐全", "check that the opening files are complete"),
    # 核定
    FindingCode("LATE_CHANGE", "info", "过截止日的增减，顺延生效", "a change after the cut-off takes effect later",
                "无需处理；下期核定自动生效", "nothing; it takes effect in a later month"),
    FindingCode("DOUBLE_MEMBERSHIP", "error", "同一人在两个单位参保，暂不核定", "a person in two units: held",
                "联系两家单位确认，办理一方减员", "ask both units; one of them must declare the person off"),
    FindingCode("UNIT_NOT_ACTIVE", "error", "单位未登记或非参保缴费状态，暂不核定", "unit unknown or not active: held",
                "核对单位参保状态或人员所属单位", "check the unit's status or the person's unit"),
    FindingCode("WAGE_MISSING", "warning", "已申报单位中未申报工资，按下限核定", "no wage in a declared unit: floor",
                "请单位补报该人工资", "ask the unit to declare the wage"),
    FindingCode("UNIT_NOT_DECLARED", "warning", "单位未申报，暂按规定核定", "unit has not declared: provisional",
                "催报缴费工资；补报后重新核定结算差额", "ask for the declaration; it is then redetermined"),
    FindingCode("DEFERRAL_TOO_LONG", "error", "缓缴协议超过一年，不予适用", "a deferral over one year is not applied",
                "退回协议，按一年以内重新签订", "send the agreement back; at most one year"),
    # 到账与对账
    FindingCode("DUPLICATE_ARRIVAL", "error", "重复到账：该税票明细以前月份已送达", "arrival delivered before",
                "请税务部门核对重复传送", "ask the tax bureau about the repeated line"),
    FindingCode("UNKNOWN_LEVY_ITEM", "error", "征收品目无法识别", "levy item not recognised",
                "核对征收品目名称；需要时补充品目对照表", "check the item name, or extend the map"),
    FindingCode("TREASURY_DIFF", "error", "税务到账与国库对账单金额不一致", "arrivals and treasury differ",
                "与国库、税务核对该组，改正后次月自动重试", "check with treasury and tax; retried next month"),
    FindingCode("TREASURY_MISSING", "error", "国库对账单没有该组到账", "no treasury row for these arrivals",
                "向国库索取该日或该税票的对账单", "ask the treasury for the statement"),
    FindingCode("TREASURY_ONLY", "error", "国库有入库而税务没有明细", "treasury row without arrivals",
                "请税务部门补传到账明细", "ask the tax bureau for the lines"),
    FindingCode("REVERSAL_WAITS", "info", "退库所指税票尚待国库确认，暂不冲减", "reversal waits for its ticket",
                "无需处理；原税票确认后自动冲减", "nothing; booked once the ticket is confirmed"),
    FindingCode("PAYER_MISMATCH", "error", "核定单属于另一缴费人", "the bill belongs to another payer",
                "与税务部门核对缴费人识别号和核定单号", "check payer and bill number with the tax bureau"),
    FindingCode("UNKNOWN_PAYER", "error", "缴费人无法识别", "payer not recognised",
                "核对缴费人识别号；未登记单位先办登记", "check the payer number; register the unit first"),
    FindingCode("OVERPAID", "warning", "多缴，转为单位多缴余额", "overpaid: kept as a credit of the unit",
                "由单位决定抵缴或退还，录入多缴处理文件", "let the unit decide; enter a credit decision"),
    FindingCode("REVERSAL_UNMATCHED", "error", "退库无法冲减原税票", "a reversal that matches nothing",
                "核对原税票号与金额", "check the original ticket and the amount"),
    FindingCode("CREDIT_EXCEEDED", "error", "多缴处理金额超过多缴余额，未执行", "credit decision above the credit: not done",
                "核对余额后重新出具处理决定", "check the credit and decide anew"),
    FindingCode("CREDIT_NOT_USED", "warning", "多缴处理金额大于可抵欠费，余额仍为多缴", "decision larger than the open dues",
                "核对处理决定；余额可下月再抵或退还", "check the decision; the rest stays a credit"),
    FindingCode("LATEFEE_DIFF", "warning", "滞纳金应收与实收不一致", "late charges owed and received differ",
                "与税务部门核对滞纳金", "check late charges with the tax bureau", "SIL-86"),
    # 定点机构结算
    FindingCode("AMOUNT_IDENTITY", "error", "结算记录金额勾稽不符", "amounts of a settlement do not add up",
                "请平台或机构核对该笔结算，更正后重新送达", "have the settlement checked and delivered again"),
    FindingCode("STATEMENT_INCONSISTENT", "error", "对账单与机构自己的明细不符", "a statement that does not equal its own detail",
                "退机构核对对账单与明细后重报", "send it back: statement and detail must agree"),
    FindingCode("STATEMENT_DIFF", "warning", "双方总额不符", "totals of both sides differ",
                "逐条差异见 statement_rows；无明细的请机构报送明细", "see statement_rows, or ask for the details"),
    FindingCode("FUND_UNKNOWN", "error", "统筹支出的险种无法确定基金", "pooled payment of an insurance without a fund",
                "核对该笔结算的险种类型", "check the insurance type of the settlement"),
    FindingCode("OUT_OF_AGREEMENT", "error", "出院日期不在协议期内", "discharge outside every agreement of the provider",
                "核对机构协议登记；补登后下月自动认定", "check the agreements; recognised once one covers the day"),
    FindingCode("ORIGINAL_OPEN", "info", "退费的原结算尚未认定", "refund waits for its original",
                "无需处理；原结算认定后自动冲减", "nothing; booked once the original is recognised"),
    FindingCode("MATERNITY_FLAG_MISSING", "error", "生育住院缺少签约或并发症标志", "a delivery lacks the booking or complication flag",
                "请机构补充标志后重新送达该笔结算", "ask for the flag and deliver the settlement again", "NXJY-50;NXJY-51"),
    FindingCode("LARGE_FEE", "info", "大额医疗费，列入会审", "large single fee, for joint review",
                "召集会审；跨省的通过异地平台核实", "call a joint review", "NXJY-39"),
    FindingCode("REPRICE_DIFF", "warning", "重算的待遇与结算单不一致", "recomputed share differs from the settlement",
                "按说明中的步骤核对该笔待遇", "check the settlement along the steps given", "DXTC-22"),
    FindingCode("REPRICE_SKIPPED", "info", "未复核的待遇", "not recomputed",
                "缺的数据到位后复核", "recomputed once the data are there", "NXJY-36"),
    FindingCode("BREAK_PROVIDER_ONLY", "error", "01 机构多：中心没有的结算", "only at the provider",
                "请机构提供凭证；平台确有的待补送，没有的核销", "ask the provider for proof, or reject"),
    FindingCode("BREAK_AGENCY_ONLY", "error", "02 中心多：机构没有申报的结算", "only at the agency",
                "请机构补报，或核对后按中心认定", "ask the provider to add it, or decide"),
    FindingCode("BREAK_AMOUNT", "error", "03 金额不符", "amounts differ",
                "双方核对该笔费用后处理：nxmed settle resolve", "compare both sides, then nxmed settle resolve"),
    FindingCode("BREAK_TYPE", "error", "04 险种或清算类别不符", "insurance or clearing type differs",
                "核对险种和清算类别后处理", "check the types, then resolve"),
    FindingCode("BREAK_REFUND", "error", "05 退费不符", "refund differs or its original is missing",
                "核对退费与原结算", "check the refund and its original"),
    FindingCode("BREAK_REPEATED", "warning", "06 重复申报", "repeated row",
                "无需支付；请机构今后去重", "nothing is paid; ask the provider to send it once"),
    FindingCode("BREAK_OTHER_MONTH", "warning", "07 跨期：以前月份已经结算", "settled in another month already",
                "无需支付；确有争议的另行核对", "nothing is paid; it was settled before"),
    FindingCode("RESOLUTION_STALE", "warning", "处理决定不再适用，未执行", "a decision no longer fits its row: not done",
                "按现在的数据重新处理", "decide again on the row as it is now"),
    # 医疗救助
    FindingCode("NO_STANDARD", "error", "身份没有救助标准，未计算", "an identity for which the law gives no standard",
                "按主管部门规定另行办理；第十四条没有给出标准", "handle it apart: article 14 gives no standard", "NXJZ-10;NXJZ-14"),
    FindingCode("OVERPAID_ASSISTANCE", "error", "已付救助多于应付", "more assistance paid than owed",
                "核对后追回；清单见发件箱医疗救助工作簿", "check and recover; see the workbook in the outbox", "NXJZ-14"),
    FindingCode("ONE_STOP_DIFF", "warning", "一站式救助与规则不符", "one-stop assistance and the rules differ",
                "核对该笔一站式结算：多付的向机构或个人追回，少付的请本人申请；另一方见 settle／assist 的同一结算ID",
                "check the settlement: recover what was too much, ask for a claim where it was too little", "NXJZ-15;NXJZ-16"),
    FindingCode("SCHEME_CHANGED", "warning", "同一年度兼有两类救助身份", "tiers of both schemes in one year",
                "核对身份起止日期；两类累计各自计算", "check the identities' dates; totals run apart", "NXJZ-14"),
    FindingCode("CERTIFICATE_MISSING", "warning", "补报缺身份认定证明", "a late claim without the certificate",
                "补交认定证明后下月支付", "ask for the certificate; paid next month", "NXJZ-19"),
    FindingCode("NO_PAYING_AGENCY", "error", "没有经办机构可支付", "no agency of the region pays",
                "核对参保地和户籍地区划", "check place of insurance and of registration", "NXJZ-17;NXJZ-18"),
    FindingCode("CLAIM_NOT_COVERED", "warning", "申请的费用不在救助范围", "a claim for what is not assisted",
                "告知申请人，退回申请", "tell the claimant and return it", "NXJZ-13"),
    FindingCode("CLAIM_REPEATED", "warning", "重复申请", "a claim made before",
                "无需支付；核对票据", "nothing is paid; check the invoices", "NXJZ-22"),
    FindingCode("CLAIM_PERSON_DIFFERS", "warning", "申请人与结算的人员不同", "claim and settlement name different persons",
                "核对申请所填结算号", "check the settlement number on the claim", "NXJZ-22"),
    FindingCode("OPENING_NOT_PLACED", "warning", "期初救助没有对应费用", "opening amounts without an item",
                "补齐年初以来的结算明细，或核对期初数", "deliver the settlements since January, or check the amounts"),
    FindingCode("BENEFIT_YEAR_CLOSED", "warning", "申请的费用属更早年度，未计算", "a claim for a year before the last",
                "按旧年度规定另行办理", "handle it apart", "NXJY-38"),
    # 银行回盘
    FindingCode("RETURN_UNKNOWN", "error", "回盘的批次号和流水号没有对应的付款", "a bank answer to no line of ours",
                "请银行核对批次号和流水号；该行未采纳", "ask the bank about batch and line number; the row was not taken", "NXJG-11"),
    FindingCode("RETURN_UNSENT", "error", "尚未导出的批次有了回盘", "a bank answer to a batch that was never exported",
                "立即查明银行依据哪份文件付款；该行未采纳", "find out at once which file the bank paid by; not taken", "NXJG-11"),
    FindingCode("RETURN_UNREADABLE", "error", "回盘的一行读不出", "a row of the bank's file that can't be read",
                "请银行更正该行后重新提供；该行未采纳", "ask the bank to correct the row; it was not taken", "NXJG-11"),
    FindingCode("RETURN_STATUS", "error", "回盘的处理状态不认识", "a bank answer with an unknown status",
                "请银行说明该状态，或补充版式的对照；该行未采纳", "ask the bank, or extend the layout; not taken", "NXJG-11"),
    FindingCode("RETURN_AMOUNT", "error", "回盘金额与付款金额不等", "a bank answer with another amount",
                "与银行核对该笔实际金额；该行未采纳", "settle the amount with the bank; the row was not taken", "NXJG-11"),
    FindingCode("RETURN_REPEATED", "error", "回盘与已有的或同次的回盘矛盾", "a bank answer that contradicts another",
                "与银行核对该笔最终状态；该行未采纳", "settle the final state with the bank; the row was not taken", "NXJG-11"),
    # 拨付
    FindingCode("NO_ACCOUNT", "error", "没有可用的待遇发放账户，付款项暂缓", "no usable account: item held",
                "补登或更正账户登记后再次编批", "complete the account register and build again", "NXJZ-24"),
    FindingCode("PAYOUT_ITEM_CHANGED", "error", "付款项与编批时不同", "an item differs from what was batched",
                "草稿：作废后重新编批；已提交的：查明发布的结果为何变动", "cancel the draft and build again, or find out why it changed"),
    FindingCode("PAYOUT_ITEM_GONE", "error", "批次里的付款项已不在现行运行中", "a batched item is no longer published",
                "草稿：作废后重新编批；已提交的：查明运行为何变动", "cancel the draft and build again, or find out why it is gone"),
)
