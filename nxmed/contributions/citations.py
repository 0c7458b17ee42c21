"""依据 (which articles decided a line, a bill, a due)."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from nxmed.contributions.inputs import AssessInputs
from nxmed.contributions.supplement import due_this_year
from nxmed.contributions.units import by_funding


@dataclass(frozen=True)
class Citations:
    """条款文本 (by basis of a line, once for ordinary units and once for those paid by the unemployment fund)."""

    texts: pl.Series
    deferral: str

    def of(self, basis: pl.Series, unemployment: pl.Series) -> pl.Series:
        """依据 per row (basis UInt8, unemployment Boolean)."""
        return self.texts.gather(basis.cast(pl.UInt32) * 2 + unemployment.cast(pl.UInt32))


def citations(inputs: AssessInputs, *, provisional: bool) -> Citations:
    """汇集条款 (from the rule functions and numbers themselves, so that a changed reading changes the citation)."""
    law = inputs.law
    base, amount = law.rule("contribution_base").cite, law.rule("contribution_amount").cite
    wage_year = law.rule("average_wage_year").rule_id if provisional else ""
    rows = [
        [base, amount, wage_year],
        [base, law.rule("base_rule_code").cite, amount, wage_year],
        [law.rule("undeclared_amount").cite],
        [law.rule("average_monthly_wage").cite, amount, wage_year],
        [law.rule("supplement_unit").cite, law.rule("supplement_person").cite] if due_this_year(inputs) else [],
    ]
    texts: list[str] = []
    for parts in rows:
        plain = articles(parts)
        texts.append(plain)
        texts.append(by_fund(inputs, plain))
    return Citations(pl.Series(texts, dtype=pl.String), law.rule("deferral_limit").rule_id)


def articles(parts: list[str]) -> str:
    """并列条款 ("A-1;A-2", each once, in order of first mention)."""
    seen = dict.fromkeys(one for part in parts for one in part.split(";") if one)
    return ";".join(seen)


def by_fund(inputs: AssessInputs, text: str) -> str:
    """失业代缴单位的依据 (the article on the unemployment rate stands where the ordinary rate's would)."""
    if not by_funding(inputs):
        return text
    day = inputs.period.first_day
    ordinary = inputs.law.number("contribution.emp_rate_other", on=day).rule
    special = inputs.law.number("contribution.unemployment_rate", on=day).rule
    return ";".join(special if one == ordinary else one for one in text.split(";"))
