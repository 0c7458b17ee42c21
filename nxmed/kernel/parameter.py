"""参数 (dated numbers): a value with since, until, citation and the day somebody last checked it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from nxmed.errors import MissingNumber, UsageError
from nxmed.kernel.money import fen_of, ppm_of


@dataclass(frozen=True)
class Number:
    """某日适用的数值 (the value of a parameter on a day, with where it comes from)."""

    key: str
    value: str
    rule: str
    since: date
    until: date | None
    source: str
    checked: date | None = None
    zh: str = ""
    unit: str = ""

    @property
    def decimal(self) -> Decimal:
        try:
            return Decimal(self.value)
        except InvalidOperation as bad:
            raise UsageError(f"参数 {self.key} 不是数字：{self.value}", "改为数字，用引号括起") from bad

    @property
    def ppm(self) -> int:
        """As parts per million, exact."""
        return ppm_of(self.decimal)

    @property
    def fen(self) -> int:
        """Yuan as fen, exact."""
        return fen_of(self.decimal)

    @property
    def int(self) -> int:
        """As a whole number."""
        return int(self.decimal)

    @property
    def flag(self) -> bool:
        return self.value == "true"


@dataclass(frozen=True)
class Parameter:
    """参数 (all values over time; periods neither overlap nor leave gaps)."""

    key: str
    zh: str
    unit: str
    rule: str
    values: tuple[Number, ...] = field(default=())

    def on(self, day: date) -> Number:
        """The value on `day`; MissingNumber (exit 4) naming key and date if none."""
        for number in self.values:
            if number.since <= day and (number.until is None or day <= number.until):
                return number
        raise missing(self.key, day, self.zh)


def missing(key: str, day: date, zh: str = "") -> MissingNumber:
    """缺数 (the error for a number that is not given on a date)."""
    name = f"{zh}（{key}）" if zh else key
    return MissingNumber(
        f"缺少 {day:%Y-%m-%d} 适用的数字：{name}",
        f"按当地通知在 policy.toml 写 [{key}]，注明 since、value、source",
        text_en=f"No value on {day:%Y-%m-%d} for {key}",
        hint_en=f"Give it in policy.toml as [{key}] with since, value and source",
    )


def dated(key: str, values: Sequence[Mapping[str, object]], *, zh: str, unit: str, rule: str, where: str) -> Parameter:
    """读参数表 (order by since; errors on overlap, gap, unknown field, value that is not text)."""
    allowed = {"since", "until", "value", "source", "rule", "checked", "known_since"}
    numbers: list[Number] = []
    for item in values:
        strange = set(item) - allowed
        if strange:
            raise UsageError(f"{where}：{key} 有不认识的字段 {'、'.join(sorted(strange))}", f"可用：{'、'.join(sorted(allowed))}")
        since, until, value = item.get("since"), item.get("until"), item.get("value")
        if not isinstance(value, str):
            raise UsageError(f"{where}：{key} 的 value 必须是文本", '写成 value = "0.08"，不要写成小数')
        if type(since) is not date or (until is not None and type(until) is not date):
            raise UsageError(f"{where}：{key} 的日期不对", "写成 since = 2021-01-01")
        if until is not None and until < since:
            raise UsageError(f"{where}：{key} 的 until 早于 since", "核对日期")
        source = item.get("source")
        if not isinstance(source, str) or not source.strip():
            raise UsageError(f"{where}：{key} 没有 source", "每个数字都要写明依据")
        checked = item.get("checked")
        numbers.append(Number(key, value, str(item.get("rule", rule)), since, until, source,
                              checked if isinstance(checked, date) else None, zh, unit))
    numbers.sort(key=lambda n: n.since)
    closed: list[Number] = []
    for i, number in enumerate(numbers):
        following = numbers[i + 1] if i + 1 < len(numbers) else None
        until = number.until
        if following is not None:
            day_before = following.since - timedelta(days=1)
            if following.since == number.since or (until is not None and until > day_before):
                raise UsageError(f"{where}：{key} 在 {following.since} 起有两个值重叠", "前一个值要先结束")
            if until is not None and until < day_before:
                raise UsageError(f"{where}：{key} 在 {until} 之后有空档", "补上空档期间的值")
            until = day_before
        closed.append(Number(key, number.value, number.rule, number.since, until, number.source, number.checked,
                             zh, unit))
    return Parameter(key, zh, unit, rule, tuple(closed))
