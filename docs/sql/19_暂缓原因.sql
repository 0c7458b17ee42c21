-- 机构结算行因什么暂缓？
-- why rows are held
SELECT period AS 月份, held_reason AS 原因, count(*) AS 笔数
FROM statement_rows
WHERE held_reason IS NOT NULL
GROUP BY period, held_reason
ORDER BY period, held_reason;
