-- 国库对账单哪些组和税务到账不相等？
-- treasury groups that do not tie
SELECT period AS 月份, state AS 结果, count(*) AS 组数, sum(stmt_amt) AS 国库, sum(arrived_amt) AS 到账, sum(diff_amt) AS 差额
FROM treasury_ties
WHERE diff_amt <> 0
GROUP BY period, state
ORDER BY period, state;
