-- 每月当月应征（不含缓缴）缴了几成？
-- collection rate by month
SELECT period AS 月份, sum(amt) AS 应征, sum(paid) AS 已缴, CAST(sum(paid) * 100 / sum(amt) AS DECIMAL(6,2)) AS 征缴率
FROM due_balances
WHERE opened_period = period AND accrym = ym_of(period) AND NOT deferred
GROUP BY period
ORDER BY period;
