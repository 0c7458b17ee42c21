-- 每个月应征多少、当月送达的到账多少、差多少？
-- dues and arrivals by month
SELECT d.period AS 月份, d.应征, a.到账, a.到账 - d.应征 AS 差
FROM (SELECT period, sum(amt) AS 应征 FROM dues GROUP BY period) d
LEFT JOIN (SELECT period, sum(paid_amt + coalesce(latefee_amt, 0)) AS 到账
           FROM arrivals WHERE arrived_period = period GROUP BY period) a USING (period)
ORDER BY d.period;
