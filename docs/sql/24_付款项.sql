-- 每月付款项按来源、基金、经办机构
-- payout items by source, fund and agency
SELECT period AS 月份, source AS 来源, fund_pay_type AS 基金, insu_admdvs AS 经办机构, count(*) AS 项数, sum(amt) AS 金额
FROM payout_items
GROUP BY ALL
ORDER BY 1, 2, 3, 4;
