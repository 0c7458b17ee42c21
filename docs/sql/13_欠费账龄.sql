-- 2026-12 末逾期欠费按账龄，另算应收滞纳金
-- arrears by age with the late charge
SELECT age AS 逾期段, count(*) AS 笔数, sum(outstanding) AS 欠费, sum(latefee_due) AS 应收滞纳金
FROM arrears
WHERE period = '2026-12'
GROUP BY age
ORDER BY min(overdue_days);
