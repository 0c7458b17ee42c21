"""守恒 (conservation): what every stage states about its money and rows, and proves at run time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from nxmed.errors import IntegrityError
from nxmed.kernel.money import yuan_grouped


@dataclass(frozen=True)
class Equation:
    """守恒等式 (both sides by term, in fen or rows). Holds when the sums of both sides are equal."""

    id: str
    zh: str
    left: dict[str, int]
    right: dict[str, int]
    unit: str = "fen"
    en: str = ""
    detail: dict[str, int] = field(default_factory=dict)

    @property
    def residual(self) -> int:
        return sum(self.left.values()) - sum(self.right.values())

    @property
    def holds(self) -> bool:
        return self.residual == 0

    def as_json(self) -> dict[str, object]:
        """Stable form for the manifest; amounts as yuan text, counts as numbers."""

        def show(side: dict[str, int]) -> dict[str, object]:
            return {k: _show(v, self.unit) for k, v in side.items()}

        return {"id": self.id, "zh": self.zh, "en": self.en, "unit": self.unit, "left": show(self.left), "right": show(self.right),
                "residual": _show(self.residual, self.unit)}


def _show(value: int, unit: str) -> str | int:
    return yuan_grouped(value).replace(",", "") if unit == "fen" else value


def prove(equations: Iterable[Equation]) -> None:
    """逐条证明 (raises IntegrityError naming every equation that does not hold)."""
    broken = [e for e in equations if not e.holds]
    if not broken:
        return
    lines = [f"{e.zh}：左 {_show(sum(e.left.values()), e.unit)}，右 {_show(sum(e.right.values()), e.unit)}，"
             f"差 {_show(e.residual, e.unit)}" for e in broken]
    raise IntegrityError(
        "守恒等式不成立：" + "；".join(lines),
        "结果未发布。请保留收件箱和日志，联系维护人员。",
        text_en="Conservation failed: " + "; ".join(f"{e.id} residual {_show(e.residual, e.unit)}" for e in broken),
        hint_en="Nothing was published. Keep the inbox and the log and call the maintainers.",
    )
