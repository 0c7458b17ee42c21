-- 哪些单位 12 月应缴比 11 月变动超过一成？
-- units whose dues moved by more than 10 %
WITH m AS (
  SELECT emp_no, sum(clct_sumamt) FILTER (WHERE period = '2026-11') AS 上月, sum(clct_sumamt) FILTER (WHERE period = '2026-12') AS 本月
  FROM assessments WHERE insutype = '310' GROUP BY emp_no)
SELECT emp_no AS 单位编号, 上月, 本月, 本月 - 上月 AS 变动
FROM m
WHERE 上月 > 0 AND 本月 IS NOT NULL AND abs(本月 - 上月) * 10 > 上月
ORDER BY abs(本月 - 上月) DESC, emp_no;
