-- 2026-12 个人缴费最多的十人（证件不出现，人员编号掩码）
-- the ten largest personal parts, masked
SELECT mask_id(psn_no) AS 人员, psn_clctstd AS 基数, psn_clct_amt AS 个人应缴
FROM assessment_lines
WHERE period = '2026-12' AND insutype = '310'
ORDER BY psn_clct_amt DESC, psn_no
LIMIT 10;
