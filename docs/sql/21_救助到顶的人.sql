-- 谁的年度救助限额用完了？（掩码）
-- persons at the yearly cap
SELECT mask_id(certno) AS 人员, scheme AS 累计类别, ordinary_amt AS 救助, tilt_amt AS 倾斜救助, ordinary_left AS 救助余额, tilt_left AS 倾斜余额
FROM assistance_years
WHERE period = '2026-12' AND benefit_year = 2026 AND (ordinary_left = 0 OR tilt_left = 0)
ORDER BY certno, scheme;
