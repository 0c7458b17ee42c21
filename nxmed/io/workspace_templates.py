"""新工作区的两份配置 (what `init` writes): nxmed.toml and policy.toml with every key explained."""

from __future__ import annotations

REGIONS = ("ningxia", "dingxi")
POOLAREAS = {"ningxia": "640000", "dingxi": "621100"}
_NAMES = {"ningxia": "宁夏回族自治区", "dingxi": "甘肃省定西市"}


def config_text(region: str, poolarea_no: str) -> str:
    """nxmed.toml."""
    return f'''# 工作区配置（{_NAMES[region]}）。不认识的键是错误。
region = "{region}"
poolarea_no = "{poolarea_no}"

# 人员与岗位：键是人员代号（与 allowed_signers 中的一致，通常即操作系统账号）；岗位 submit 经办、review 复核、approve 审批。
# 一个批次的三步须由三个人、用三把密钥办理，没有开关可以关掉。
# [people.zhang]
# name = "张三"
# roles = ["submit"]
# [people.li]
# name = "李四"
# roles = ["review"]
# [people.wang]
# name = "王五"
# roles = ["approve"]

# 通知：一条命令，事件以 JSON 从标准输入给它；on 是要通知的结果：ok 完成、waiting 等文件、failed 失败。
# [notify]
# command = ["/usr/local/bin/nx-notify"]
# on = ["waiting", "failed"]

# 文件夹：相对路径从本文件夹起算。
# [paths]
# inbox = "inbox"
# outbox = "outbox"
# runs = "runs"
# quarantine = "quarantine"
'''


def signers_text() -> str:
    """allowed_signers (no key yet)."""
    return """# 拨付签名的密钥登记（OpenSSH allowed_signers 格式）。每把密钥一行：
#   <人员代号> [选项] <公钥类型> <公钥> [注释]
# 人员代号与 nxmed.toml 的 [people] 一致；一把密钥只能属于一个人，不用通配符和 CA。
# 选项：namespaces="nxmed-payout" 限定用途；valid-after、valid-before="YYYYMMDD" 起止日期。
# 人员离岗：加 valid-before，不要删行，以前的签名还要靠它核验。
# 注释里写 roles=submit,review 可再收窄这把密钥能办的岗位。
# 生成密钥：ssh-keygen -t ed25519 -f ~/.ssh/nxmed；本文件和所在文件夹只能由工作区的所有者改写。
#
# zhang namespaces="nxmed-payout",valid-after="20260101" ssh-ed25519 AAAA… zhang
# li    namespaces="nxmed-payout",valid-after="20260101" ssh-ed25519 AAAA… li
# wang  namespaces="nxmed-payout",valid-after="20260101" ssh-ed25519 AAAA… wang
"""


def policy_text(region: str) -> str:
    """policy.toml (all keys commented out: no number of a notice is made up)."""
    rates = (
        """
# 用人单位、个人缴费比例（宁夏必填：缺少时核定以退出码 4 结束；按适用月份第一天取值）
# [contribution.emp_rate]
# values = [{ since = 2021-01-01, value = "0.08", source = "通知文号" }]
# [contribution.psn_rate]
# values = [{ since = 2021-01-01, value = "0.02", source = "通知文号" }]
"""
        if region == "ningxia"
        else ""
    )
    assistance = (
        """
# 转诊：异地就医备案类型 10 是否视同转诊（缺少时为否）
# [assistance.out_fil_type_10_is_referred]
# values = [{ since = 2023-09-01, value = "false", source = "通知文号" }]

# 住院费用复算的各项数字（缺少时跳过复算并说明）
# [repricing.ningxia.…]
"""
        if region == "ningxia"
        else ""
    )
    return f"""# 当地通知规定、文件正文没有的数字。每个数字写明起始日期、值（文本，不写小数）和依据：
#   values = [{{ since = 2021-01-01, value = "0.08", source = "通知文号" }}]
# 不认识的键是错误。
{rates}
# 个人账户划入比例（缺少时个人账户金额留空）
# [account.credit_rate]
# values = [{{ since = 2021-01-01, value = "1", source = "通知文号" }}]

# 大额单笔费用：达到该金额的列入联合审核清单（缺少时不列）
# [settle.large_fee]
# values = [{{ since = 2021-01-01, value = "100000", source = "通知文号" }}]
{assistance}"""
