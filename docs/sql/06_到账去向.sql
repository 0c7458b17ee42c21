-- 2026-12 处理的到账，各去向几笔、本金、滞纳金多少？
-- arrivals by what became of them
SELECT class AS 去向, count(*) AS 笔数, sum(paid_amt) AS 本金, sum(coalesce(latefee_amt, 0)) AS 滞纳金
FROM arrivals
WHERE period = '2026-12'
GROUP BY class
ORDER BY class;
