"""裸 DuckDB: full join of both sides of a month and the classes, Parquet to Parquet, nothing checked.

python settle_duckdb.py FOLDER (agency-*.parquet and provider-*.parquet in it)
"""

import sys

import duckdb

folder = sys.argv[1]
con = duckdb.connect()
con.execute("SET threads=2")
con.execute(f"""COPY (SELECT coalesce(a.setl_id, b.setl_id) setl_id, coalesce(a.refd_setl_flag, b.refd_setl_flag) refd,
  a.* EXCLUDE (setl_id, refd_setl_flag), b.medfee_sumamt m2, b.fund_pay_sumamt f2, b.acct_pay a2, b.psn_no p2, b.fixmedins_code h2,
  CASE WHEN a.setl_id IS NULL THEN '01' WHEN b.setl_id IS NULL THEN '02'
  WHEN a.insutype <> b.insutype OR a.clr_type <> b.clr_type THEN '04'
  WHEN a.medfee_sumamt <> b.medfee_sumamt OR a.fund_pay_sumamt <> b.fund_pay_sumamt OR a.acct_pay <> b.acct_pay THEN '03'
  ELSE '00' END stmt_diff FROM '{folder}/agency-*.parquet' a FULL JOIN '{folder}/provider-*.parquet' b
  USING (setl_id, refd_setl_flag)) TO '{folder}/out_duckdb.parquet' (FORMAT parquet)""")
found = con.execute(f"select stmt_diff, count(*) from '{folder}/out_duckdb.parquet' group by 1 order by 1").fetchall()
print(dict(found))
