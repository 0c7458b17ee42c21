-- 年初至今各档救助多少人、多少钱？
-- assistance by tier
SELECT tier AS 档次, count(DISTINCT coalesce(certno, psn_no)) AS 人数, count(*) AS 项数, sum(ordinary_amt) AS 救助, sum(tilt_amt) AS 倾斜救助
FROM assistance_items
WHERE period = '2026-12' AND benefit_year = 2026 AND class = 'due'
GROUP BY tier
ORDER BY tier;
