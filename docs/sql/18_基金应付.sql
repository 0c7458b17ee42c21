-- 两个月应付按基金
-- payables by fund
SELECT period AS 月份, fund_pay_type AS 基金, sum(recognised_amt) AS 认定, sum(act_dfr_amt) AS 应付
FROM payables
GROUP BY period, fund_pay_type
ORDER BY period, fund_pay_type;
