-- 哪些到账认不出缴费人，或以前送过？
-- arrivals unidentified or delivered before
SELECT period AS 月份, elec_taxrpt_no AS 税票, line_no AS 序号, class AS 去向, paid_amt AS 金额
FROM arrivals
WHERE class IN ('unidentified', 'duplicate')
ORDER BY period, elec_taxrpt_no, line_no, paid_amt;
