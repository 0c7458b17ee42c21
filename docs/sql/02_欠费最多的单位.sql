-- 2026-12 末欠费最多的十个单位，各欠几笔、多少、最早哪个月的？
-- the ten units that owe most
SELECT emp_no AS 单位编号, count(*) AS 笔数, sum(outstanding) AS 欠费, period_of_ym(min(accrym)) AS 最早月份
FROM due_balances
WHERE period = '2026-12' AND outstanding > 0
GROUP BY emp_no
ORDER BY 欠费 DESC, emp_no
LIMIT 10;
