"""说明 (an explanation): steps with values and sources, and the replay that proves them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from nxmed.errors import IntegrityError, MissingInput
from nxmed.kernel.money import yuan, yuan_grouped

if TYPE_CHECKING:
    import polars as pl

    from nxmed.io.runs import Run
    from nxmed.kernel.parameter import Number
    from nxmed.kernel.period import Period
    from nxmed.pipelines.execute import Loaded


class Both(NamedTuple):
    """两种语言 (the same words in Chinese and in English)."""

    zh: str
    en: str


Words = str | Both
"""Plain text (figures, ids, rules) is the same in both languages."""
ROUNDED = Both("四舍五入到分", "rounded half up to the fen")


def both(words: Words) -> Both:
    """成对的文字 (plain text stands for itself in both)."""
    return words if isinstance(words, Both) else Both(words, words)


def joined(*pieces: Words, zh: str = "；", en: str = "; ") -> Both:
    """连起来 (empty pieces are left out)."""
    told = [b for b in map(both, pieces) if b.zh]
    return Both(zh.join(b.zh for b in told), en.join(b.en for b in told))


@dataclass(frozen=True)
class Step:
    """一步: what, its value, how it comes about, where it comes from (file and row, or article)."""

    title: Both
    value: Both
    how: Both
    source: Both

    def as_json(self) -> dict[str, str]:
        """Both languages side by side."""
        return {"zh": self.title.zh, "en": self.title.en, "value": self.value.zh, "value_en": self.value.en,
                "how": self.how.zh, "how_en": self.how.en, "source": self.source.zh, "source_en": self.source.en}


@dataclass
class Story:
    """一笔金额的来龙去脉. `replayed`: what was computed again and found equal to what is published."""

    zh: str
    en: str
    run_id: str
    steps: list[Step] = field(default_factory=list)
    replayed: dict[str, str] = field(default_factory=dict)

    def add(self, zh: str, en: str, value: Words, how: Words = "", source: Words = "") -> None:
        """Add a step."""
        self.steps.append(Step(Both(zh, en), both(value), both(how), both(source)))

    def as_json(self) -> dict[str, Any]:
        """Stable form for --json."""
        return {
            "schema": "nxmed.explain/1", "subject": self.zh, "subject_en": self.en, "run_id": self.run_id,
            "steps": [s.as_json() for s in self.steps],
            "replay": {"equal": True, "values": self.replayed},
        }


def place(row: Mapping[str, Any]) -> Both:
    """文件与行 ("inbox/2026-12/persons.csv 第 12 行")."""
    if not row.get("src_file"):
        return both("")
    return Both(f"{row['src_file']} 第 {row['src_row']} 行", f"{row['src_file']} row {row['src_row']}")


def cited(number: Number) -> Both:
    """参数依据 (rule, value, since, source; in English the rule stands for its document, whose title is Chinese)."""
    head = f"{number.rule or number.key} {number.value}"
    until = f"至 {number.until}" if number.until else "起"
    since = "" if number.since.year < 1900 else f" {number.since}{until}"
    since_en = "" if number.since.year < 1900 else f" since {number.since}" + (f" until {number.until}" if number.until else "")
    source_en = "" if _in_a_document(number.source) else " (nxmed default)" if number.since.year < 1900 else f" ({number.source})"
    return Both(f"{head}{since}（{number.source}）", f"{head}{since_en}{source_en}")


def _in_a_document(source: str) -> bool:
    """Whether the source is an article of a document that comes along (a local notice is not)."""
    from nxmed.law.pages import documents

    title = source.partition(" ")[0]  # 社会保险法 第六十二条: titles are cited without 中华人民共和国
    return any(d.number in source or (title and d.title.endswith(title)) for d in documents())


def product(fen: int, rate: str) -> str:
    """乘积算式 ("5,023.00 × 0.08 = 401.8400")."""
    exact = Decimal(fen) / 100 * Decimal(rate)
    shown = f"{exact:,.4f}" if int(exact.as_tuple().exponent) >= -4 else f"{exact:,f}"
    return f"{yuan_grouped(fen)} × {rate} = {shown}"


def rounded(arithmetic: str) -> Both:
    """算式，结果四舍五入到分."""
    return joined(arithmetic, ROUNDED, zh=" → ", en=" → ")


def bills_of(period: Period) -> Both:
    """某月的核定单."""
    return Both(f"{period.text} 核定单", f"bills of {period.text}")


def one(frame: pl.LazyFrame | pl.DataFrame, what_zh: str, what_en: str) -> dict[str, Any]:
    """唯一的一行 (MissingInput, exit 6, when there is none)."""
    rows = frame.lazy().collect()
    if rows.height == 0:
        raise MissingInput(f"没有找到{what_zh}", "核对编号；nxmed sql 可查已发布的表",
                           text_en=f"not found: {what_en}", hint_en="check the key; nxmed sql shows what is published")
    return rows.row(0, named=True)


def files_of(run: Run) -> frozenset[str]:
    """当时读到的文件 (what came into the inbox later has no part in the proof)."""
    return frozenset(str(s["path"]) for s in run.manifest["inputs"])


def same_inputs(run: Run, loaded: Loaded) -> None:
    """收件箱与当时相同 (IntegrityError, exit 7, naming the files that are not)."""

    def known(sources: Any) -> dict[str, str]:
        return {str(s["path"]): str(s["sha256"]) for s in sources}

    then, now = known(run.manifest["inputs"]), known(loaded.files.sources)
    changed = sorted(path for path in then.keys() | now.keys() if then.get(path) != now.get(path))
    if changed:
        raise IntegrityError(
            f"收件箱与 {run.run_id} 运行时不同，无法重算证明：{'、'.join(changed[:5])}", "恢复原文件后再试；nxmed verify 可查全部",
            text_en=f"the inbox differs from what {run.run_id} read: {', '.join(changed[:5])}",
            hint_en="restore the files and try again; nxmed verify checks everything",
        )


def prove_equal(stored: Mapping[str, Any], again: Mapping[str, Any], columns: list[str], run: Run) -> None:
    """重算与已发布逐列相同 (IntegrityError, exit 7, when a column differs)."""
    differing = [c for c in columns if stored[c] != again[c]]
    if differing:
        raise IntegrityError(
            f"重算与已发布的 {run.run_id} 不一致：{'、'.join(differing)}", "不要使用该结果；联系维护人员",
            text_en=f"the replay differs from {run.run_id} in {', '.join(differing)}",
            hint_en="don't use this result; call the maintainers",
        )


def shown(value: Any, *, amount: bool) -> str:
    """值的文字."""
    return yuan(value) if amount and isinstance(value, int) else str(value)
