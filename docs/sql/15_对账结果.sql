-- 机构对账每月各类几笔、认定多少？
-- statement rows by class
SELECT period AS 月份, stmt_diff AS 结果, count(*) AS 笔数, sum(coalesce(recognised_amt, 0)) AS 认定
FROM statement_rows
GROUP BY period, stmt_diff
ORDER BY period, stmt_diff;
