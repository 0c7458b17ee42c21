-- 未了结的差异等了几个月、各多少笔？
-- open breaks by age
SELECT stmt_diff AS 结果, side AS 哪方有, periods_between(opened_period, period) AS 已等月数, count(*) AS 笔数
FROM statement_breaks
WHERE period = '2026-12'
GROUP BY ALL
ORDER BY 1, 2, 3;
