"""机构样例文件的列 (columns of the files of a provider month): id, 中文 header, kind, as in layout."""

from __future__ import annotations

_CODE = ("fixmedins_code", "定点医药机构编号", "text")
_SETL, _FLAG = ("setl_id", "结算ID", "text"), ("refd_setl_flag", "退费结算标志", "text")
_INSUTYPE, _CLR_TYPE = ("insutype", "险种类型", "text"), ("clr_type", "清算类别", "text")
_OPTINS = ("clr_optins", "清算经办机构", "text")
_PSN_NO, _MDTRT = ("psn_no", "人员编号", "text"), ("mdtrt_id", "就诊ID", "text")
_MEDFEE, _FUND = ("medfee_sumamt", "医疗费总额", "amount"), ("fund_pay_sumamt", "基金支付总额", "amount")
_ACCT = ("acct_pay", "个人账户支出", "amount")
_ORIGINAL = ("org_setl_id", "原结算ID", "text")

AMOUNTS: tuple[tuple[str, str, str], ...] = (
    _MEDFEE,
    ("fulamt_ownpay_amt", "全自费金额", "amount"),
    ("overlmt_selfpay", "超限价自费费用", "amount"),
    ("preselfpay_amt", "先行自付金额", "amount"),
    ("inscp_scp_amt", "符合政策范围金额", "amount"),
    ("act_pay_dedc", "实际支付起付线", "amount"),
    ("hifp_pay", "基本医疗保险统筹基金支出", "amount"),
    ("cvlserv_pay", "公务员医疗补助资金支出", "amount"),
    ("hifes_pay", "企业补充医疗保险基金支出", "amount"),
    ("hifmi_pay", "居民大病保险资金支出", "amount"),
    ("hifob_pay", "职工大额医疗费用补助基金支出", "amount"),
    ("hifdm_pay", "伤残人员医疗保障基金支出", "amount"),
    ("maf_pay", "医疗救助基金支出", "amount"),
    ("oth_pay", "其他支出", "amount"),
    _FUND,
    ("psn_part_amt", "个人负担总金额", "amount"),
    _ACCT,
    ("psn_cash_pay", "个人现金支出", "amount"),
    ("acct_mulaid_pay", "个人账户共济支付金额", "amount"),
    ("hosp_part_amt", "医院负担金额", "amount"),
)
"""The twenty amounts of a settlement."""

PROVIDER_COLUMNS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "providers": (
        _CODE,
        ("fixmedins_name", "定点医药机构名称", "text"),
        ("fixmedins_type", "机构类型", "text"),
        ("hosp_lv", "医院等级", "text"),
        ("dedc_hosp_lv", "起付线等级", "text"),
        ("fix_blng_admdvs", "定点归属医保区划", "text"),
        ("efft_time", "协议生效日期", "date"),
        ("invd_time", "协议失效日期", "date"),
        ("cntr_stas", "协议状态", "text"),
        ("clr_way", "清算方式", "text"),
        ("dpst_rat", "预留金比例", "text"),
        ("turnover_fund", "周转金余额", "amount"),
        ("matn_headcap_amt", "生育包干定额", "amount"),
    ),
    "settlements": (
        _SETL,
        _FLAG,
        _MDTRT,
        _CODE,
        _PSN_NO,
        ("psn_name", "姓名", "text"),
        ("certno", "证件号码", "text"),
        _INSUTYPE,
        ("med_type", "医疗类别", "text"),
        _CLR_TYPE,
        _OPTINS,
        ("setl_type", "结算类别", "text"),
        ("begndate", "入院日期", "date"),
        ("enddate", "出院日期", "date"),
        ("setl_time", "结算时间", "time"),
        ("pay_loc", "支付地点", "text"),
        ("out_fil_type", "异地备案类型", "text"),
        ("emer_flag", "急诊标志", "text"),
        _ORIGINAL,
        ("insu_admdvs", "参保所属医保区划", "text"),
        ("booking_flag", "签约标志", "text"),
        ("cop_flag", "并发症标志", "text"),
        *AMOUNTS,
    ),
    "provider_totals": (
        _CODE,
        _OPTINS,
        _INSUTYPE,
        _CLR_TYPE,
        _MEDFEE,
        _FUND,
        _ACCT,
        ("cash_payamt", "现金支付金额", "amount"),
        ("fixmedins_setl_cnt", "结算笔数", "int"),
    ),
    "provider_details": (
        _SETL,
        _FLAG,
        _CODE,
        _MDTRT,
        _PSN_NO,
        _INSUTYPE,
        _CLR_TYPE,
        _MEDFEE,
        _FUND,
        _ACCT,
        _ORIGINAL,
    ),
    "deductions": (
        _CODE,
        ("fund_pay_type", "基金支付类型", "text"),
        ("det_sn", "扣款流水号", "text"),
        ("det_type", "扣款类型", "text"),
        ("det_amt", "扣款金额", "amount"),
        ("det_rea", "扣款原因", "text"),
    ),
    "chronic_registrations": (
        _PSN_NO,
        ("dise_no", "病种编码", "text"),
        ("dise_name", "病种名称", "text"),
        ("begndate", "开始日期", "date"),
        ("enddate", "结束日期", "date"),
    ),
}
"""Columns of each contract of a provider month, in the order they are written."""

PROVIDER_TITLES: dict[str, str] = {
    "providers": "定点医药机构",
    "settlements": "结算明细",
    "provider_totals": "医保费用结算对账单",
    "provider_details": "机构结算明细",
    "deductions": "审核扣款",
    "chronic_registrations": "门诊慢特病认定",
}
