-- 2026-12 核定读了哪些文件，各读到、接收几行？
-- files that the assessment read
SELECT contract AS 种类, src_file AS 文件, rows_read AS 读到, accepted AS 接收, rejected AS 拒收, duplicates AS 重复
FROM files
WHERE period = '2026-12' AND run_id LIKE 'assess-%'
ORDER BY contract, src_file;
