-- 每种发现 11 月、12 月各几条？
-- findings of both months side by side
SELECT command AS 环节, code AS 代码, severity AS 级别,
       count(*) FILTER (WHERE period = '2026-11') AS 十一月, count(*) FILTER (WHERE period = '2026-12') AS 十二月
FROM findings
WHERE command <> 'payout'
GROUP BY command, code, severity
ORDER BY command, code, severity;
