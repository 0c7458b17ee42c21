-- 哪些单位没有申报、按上月 110% 或估定暂核，暂核多少？
-- units assessed provisionally
SELECT period AS 月份, crtf_way AS 核定方式, count(*) AS 单位, sum(clct_psncnt) AS 人数, sum(clct_sumamt) AS 应缴
FROM assessments
WHERE crtf_way <> '1'
GROUP BY period, crtf_way
ORDER BY period, crtf_way;
