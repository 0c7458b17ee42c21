"""大额医疗费用补助 (the large-fee supplement, insutype 330, charged once a year per person; DXTC-43, DXTC-44)."""

from __future__ import annotations

import polars as pl

from nxmed.contributions.inputs import AssessInputs


def due_this_year(inputs: AssessInputs) -> bool:
    """本地区收取大额补助 (the region's document sets one on the first day of P)."""
    return inputs.law.has("supplement.unit", on=inputs.period.first_day)


def supplement_lines(inputs: AssessInputs, members: pl.DataFrame) -> pl.DataFrame:
    """大额核定明细 (members: unit, psn_no, psn_type, row, none of them held → unit, row, emp_clct_amt, psn_clct_amt).

    Employees and retirees who have not been charged in P's year, neither by an earlier run nor before the agency began.
    """
    law, day, kind = inputs.law, inputs.period.first_day, pl.col("psn_type")
    charged = pl.concat([
        inputs.charged_supplements.select("psn_no"),
        inputs.opening_supplements.filter(pl.col("year").cast(pl.String) == str(inputs.period.year)).select("psn_no"),
    ])
    return (
        members.lazy()
        .select(
            "unit", "row", "psn_no",
            emp_clct_amt=law.rule("supplement_unit")(kind, law.number("supplement.unit", on=day).fen),
            psn_clct_amt=law.rule("supplement_person")(
                kind, law.number("supplement.employee", on=day).fen, law.number("supplement.retiree", on=day).fen
            ),
        )
        .filter((pl.col("emp_clct_amt") > 0) | (pl.col("psn_clct_amt") > 0))
        .join(charged, on="psn_no", how="anti")
        .drop("psn_no")
        .collect()
    )
