-- 12 月应缴的期限离 2026-12-01 还有几个工作日？
-- working days to the deadline
SELECT dedln_date AS 期限, workdays_between(DATE '2026-12-01', dedln_date) AS 工作日, count(*) AS 笔数, sum(amt) AS 应缴
FROM dues
WHERE period = '2026-12' AND accrym = '202612' AND dedln_date <= DATE '2026-12-31' AND dedln_date >= DATE '2026-12-01'
GROUP BY dedln_date
ORDER BY dedln_date;
