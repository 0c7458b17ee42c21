-- 有应救助而没有申请的，几项、多少？
-- assistance waiting for a claim
SELECT period AS 月份, count(*) AS 项数, sum(greatest(delta_ordinary, 0) + greatest(delta_tilt, 0)) AS 金额
FROM assistance_items
WHERE claim_state = 'claimable'
GROUP BY period
ORDER BY period;
