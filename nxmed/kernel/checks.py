"""检查代码 (the checks at the door): why a cell, a row or a file is not taken, and how to mend it.

E0xx refuse a file, E1xx a row by its structure, E2xx a cell, E3xx a row against others or against itself.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CheckCode:
    """检查代码: what is wrong and how to mend it, in Chinese and English."""

    code: str
    zh: str
    hint_zh: str
    en: str
    hint_en: str


def _checks(*codes: CheckCode) -> dict[str, CheckCode]:
    return {c.code: c for c in codes}


CHECKS: dict[str, CheckCode] = _checks(
    CheckCode("E001", "文件无法解码", "另存为 UTF-8 或 GB18030 编码后重送",
              "the file can't be decoded", "save it as UTF-8 or GB18030 and send it again"),
    CheckCode("E002", "文件在一个汉字中间截断", "文件没有传完，请重新传送",
              "the file is cut in the middle of a character", "it did not arrive whole: send it again"),
    CheckCode("E003", "文件里混有两种编码", "不要把不同编码的文件拼在一起，统一编码后重送",
              "the file mixes two encodings", "don't join files of different encodings; use one and send again"),
    CheckCode("E004", "文件含空字节，不是文本文件", "确认文件类型，另存为 CSV 后重送",
              "the file holds NUL bytes and is no text", "check the file type and save it as CSV"),
    CheckCode("E005", "空文件，或前 30 行内没有表头", "表头要写列名（中文或代号），放在前 30 行内",
              "empty, or no header within 30 lines", "put a header with column names into the first 30 lines"),
    CheckCode("E006", "缺少必需的列", "补上该列后重送",
              "a required column is missing", "add the column and send again"),
    CheckCode("E007", "表头有重复的列", "同一列只留一个",
              "a column occurs twice in the header", "keep one of them"),
    CheckCode("E008", "引号不成对", "从该行起核对双引号，补齐后重送",
              "a quote is not closed", "look at the quotes from that line on"),
    CheckCode("E009", "文件自带的合计与明细不符", "核对是否缺行或多行，更正后重送",
              "the file's own totals don't equal its rows", "look for missing or extra rows and send again"),
    CheckCode("E010", "文件打不开或已损坏", "重新导出后再送",
              "the file can't be opened or is damaged", "export it again"),
    CheckCode("E011", "Parquet 文件用浮点数存列", "金额用 DECIMAL，标识用文本，重新导出",
              "the Parquet file holds a column as floating point", "export amounts as DECIMAL, identifiers as text"),
    CheckCode("E012", "不是普通文件", "放入文件本身，不要放链接或文件夹",
              "it is no plain file", "put the file itself there, no link and no folder"),
    CheckCode("E013", "文件在读取时被改动", "等传送结束后再运行",
              "the file changed while it was read", "run again when the transfer is over"),
    CheckCode("E014", "看不出是哪一种文件", "文件名以契约代号或中文名开头，或指明种类",
              "its kind can't be told", "begin its name with a contract's id or Chinese title, or name the kind"),
    CheckCode("E101", "列数不足", "可能少了一个分隔符或漏填末尾的列",
              "too few columns", "a separator or the last cells may be missing"),
    CheckCode("E102", "列数过多", "可能多了一个分隔符；含逗号的内容用双引号括起",
              "too many columns", "there may be one separator too many; put text with commas in quotes"),
    CheckCode("E103", "双引号位置不对", "内容含双引号时整格括起，里面的双引号写两个",
              "a quote stands in the wrong place", "quote the whole cell and double the quotes inside"),
    CheckCode("E201", "未填", "补填",
              "empty", "fill it in"),
    CheckCode("E202", "含控制字符或过长", "删去不可见字符，按原件重录",
              "control characters, or too long", "delete invisible characters and type it again"),
    CheckCode("E203", "被 Excel 转成科学计数，末位已丢", "列设为文本后按原件重录",
              "scientific notation by Excel, digits are lost", "format the column as text and type it again"),
    CheckCode("E204", "不是有效的日期或年月", "日期改为 YYYY-MM-DD，年月改为 YYYYMM",
              "no valid date or month", "write dates as YYYY-MM-DD and months as YYYYMM"),
    CheckCode("E205", "全角数字", "改为半角数字",
              "full-width digits", "write them as plain digits"),
    CheckCode("E206", "含千分位逗号", "去掉逗号",
              "thousands separators", "take the commas out"),
    CheckCode("E207", "负数", "核实；此列不允许负数",
              "negative", "check it: this column takes no negative numbers"),
    CheckCode("E208", "小数超过两位", "金额写到分，不要由系统猜测取舍",
              "more than two decimals", "write amounts to the fen"),
    CheckCode("E209", "金额写成科学计数", "设为数值格式两位小数后重录",
              "an amount in scientific notation", "format it as a number with two decimals"),
    CheckCode("E210", "公式出错", "改正公式，或粘贴为数值",
              "a formula error", "mend the formula or paste values"),
    CheckCode("E211", "不是数字", "改为数字，不带单位和文字",
              "not a number", "write a number without unit or text"),
    CheckCode("E212", "超出允许范围", "核对数值和单位",
              "out of range", "check the number and its unit"),
    CheckCode("E213", "不能为零", "核实金额",
              "must not be zero", "check the amount"),
    CheckCode("E214", "不是整数", "改为整数",
              "not a whole number", "write a whole number"),
    CheckCode("E215", "含货币符号或单位", "去掉符号和单位，金额以元计",
              "a currency sign or unit", "take it out; amounts are in yuan"),
    CheckCode("E216", "比例写法不对", "写成 0.08 或 8%，最多六位小数",
              "not a rate", "write 0.08 or 8%, at most six decimals"),
    CheckCode("E217", "编号带小数点，列被当成数值", "列设为文本后按原件重录",
              "a number with a decimal point in an identifier column", "format the column as text and type it again"),
    CheckCode("E218", "列存成日期或其他类型，无法作为此列读取", "按契约的类型重新导出",
              "the stored type doesn't fit the column", "export it with the type of the contract"),
    CheckCode("E301", "同一主键有内容不同的另一行", "核实后保留一行",
              "another row with the same key says otherwise", "check and keep one row"),
    CheckCode("E302", "前后顺序颠倒", "核对这两列",
              "the order of two columns is reversed", "check both columns"),
    CheckCode("E303", "几列都没有填", "至少填一列",
              "none of the columns is filled", "fill one of them"),
    CheckCode("E304", "几列应同时填写", "补填另一列",
              "the columns must be filled together", "fill the other one"),
)

SERIAL_DATE = "^(?:[2-7][0-9]{4}|80000)$"
"""日期序号 (a day as Excel counts it, 20000 to 80000: years 1954 to 2119)."""
SERIAL_DATE_HINT = ("Excel 日期序号：把该列设为日期格式后另存", "an Excel serial number: format the column as a date and save it again")
"""E204 的另一种改法 (how to mend a date that came as a serial number; Chinese, English)."""
