-- 2026-12 应付每家机构多少，扣款、预留金各多少？
-- payables by provider
SELECT fixmedins_code AS 机构, sum(recognised_amt) AS 认定, sum(det_amt) AS 扣款, sum(dpst_amt) AS 预留金, sum(carried_out_amt) AS 结转, sum(act_dfr_amt) AS 应付
FROM payables
WHERE period = '2026-12'
GROUP BY fixmedins_code
ORDER BY 应付 DESC, fixmedins_code;
