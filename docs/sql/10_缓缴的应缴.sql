-- 缓缴的应缴有多少，几时到期？
-- dues that are deferred
SELECT period AS 月份, dedln_date AS 期限, count(*) AS 笔数, sum(amt) AS 应缴
FROM dues
WHERE deferred
GROUP BY period, dedln_date
ORDER BY period, dedln_date;
