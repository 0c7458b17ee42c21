"""核定的裸算 (floor: the same joins and arithmetic as assess on the same Parquet files, no checks; DuckDB)."""

import sys

import duckdb

inbox, out, year, floor, ceiling = sys.argv[1:6]
c = duckdb.connect()
c.execute("SET threads=2")
c.execute(f"""CREATE TABLE lines AS
 WITH w AS (SELECT emp_no, psn_no, arg_max((wag * 100)::BIGINT, dcla_date) wag FROM '{inbox}/wage_declarations.parquet'
            WHERE year::VARCHAR = '{year}' GROUP BY ALL),
 p AS (SELECT p.emp_no, p.psn_no, u.uscc, least(greatest(coalesce(w.wag, {floor}), {floor}), {ceiling}) base, w.wag
       FROM '{inbox}/persons.parquet' p JOIN '{inbox}/units.parquet' u USING (emp_no) LEFT JOIN w USING (emp_no, psn_no)
       WHERE p.psn_insu_stas = '1' AND p.psn_type IN ('1101', '1102', '1160') AND u.emp_insu_stas = '2')
 SELECT *, (base * 160000 + 1000000) // 2000000 emp, (base * 40000 + 1000000) // 2000000 psn FROM p""")
money = ", ".join(f"({c} * 0.01::DECIMAL(3,2))::DECIMAL(16,2) {c}" for c in ("wag", "base", "emp", "psn"))
sums = ", ".join(f"(sum({c})::BIGINT * 0.01::DECIMAL(3,2))::DECIMAL(16,2) {c}" for c in ("wag", "base", "emp", "psn"))
c.execute(f"COPY (SELECT emp_no, psn_no, uscc, {money} FROM lines ORDER BY emp_no, psn_no) TO '{out}/lines.parquet' (FORMAT parquet)")
c.execute(f"COPY (SELECT emp_no, any_value(uscc) uscc, {sums}, count(*) n FROM lines GROUP BY emp_no ORDER BY emp_no) "
          f"TO '{out}/bills.parquet' (FORMAT parquet)")
