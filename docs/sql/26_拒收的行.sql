-- 哪些文件拒收了几行，主要因为哪一列？
-- rejected rows by file and column
SELECT period AS 月份, src_file AS 文件, coalesce(column_zh, '整行') AS 列, count(DISTINCT src_row) AS 行数
FROM (SELECT DISTINCT period, src_file, src_row, column_zh FROM rejects)
GROUP BY ALL
ORDER BY 1, 2, 3;
