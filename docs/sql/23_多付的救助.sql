-- 多付了要追回的，几项、多少？
-- assistance overpaid
SELECT period AS 月份, class AS 分类, count(*) AS 项数, sum(least(delta_ordinary, 0) + least(delta_tilt, 0)) AS 差额
FROM assistance_items
WHERE delta_ordinary < 0 OR delta_tilt < 0
GROUP BY period, class
ORDER BY period, class;
