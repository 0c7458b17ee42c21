"""pandas: the same merge and classes as settle_duckdb.py (needs pandas and pyarrow; exit 3 without them).

python settle_pandas.py FOLDER
"""

import glob
import sys

try:
    import numpy as np
    import pandas as pd
except ModuleNotFoundError:
    sys.exit(3)

folder = sys.argv[1]
KEY = ["setl_id", "refd_setl_flag"]


def side(name: str) -> "pd.DataFrame":
    files = sorted(glob.glob(f"{folder}/{name}-*.parquet"))
    return pd.concat([pd.read_parquet(f, dtype_backend="pyarrow") for f in files], ignore_index=True)


both = side("agency").merge(side("provider"), on=KEY, how="outer", suffixes=("", "_p"), indicator=True)
kinds = (both["insutype"] != both["insutype_p"]) | (both["clr_type"] != both["clr_type_p"])
amounts = (both["medfee_sumamt"] != both["medfee_sumamt_p"]) | (both["fund_pay_sumamt"] != both["fund_pay_sumamt_p"]) | (
    both["acct_pay"] != both["acct_pay_p"])
both["stmt_diff"] = np.select(
    [both["_merge"] == "right_only", both["_merge"] == "left_only", kinds.fillna(True), amounts.fillna(True)],
    ["01", "02", "04", "03"], "00")
both.drop(columns="_merge").to_parquet(f"{folder}/out_pandas.parquet")
print(both["stmt_diff"].value_counts().sort_index().to_dict())
