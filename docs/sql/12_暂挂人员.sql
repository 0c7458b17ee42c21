-- 暂不核定的人有多少，因为什么？
-- persons held and why
SELECT period AS 月份, held_reason AS 原因, count(*) AS 人次, count(DISTINCT psn_no) AS 人数
FROM held_persons
GROUP BY period, held_reason
ORDER BY period, held_reason;
