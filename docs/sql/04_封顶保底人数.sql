-- 每月据实、保底、封顶、无工资各多少人？
-- bases by rule
SELECT period AS 月份, clctstd_crtf_rule_codg AS 规则, count(*) AS 人数, sum(psn_clctstd) AS 基数合计
FROM assessment_lines
WHERE insutype = '310'
GROUP BY period, clctstd_crtf_rule_codg
ORDER BY period, 规则 NULLS LAST;
