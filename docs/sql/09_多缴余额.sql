-- 年末还有多缴余额的单位，各多少？
-- units with a credit left
SELECT emp_no AS 单位编号, insutype AS 险种, opening_amt AS 期初, added_amt AS 新增, applied_amt AS 抵缴, refunded_amt AS 退还, credit_amt AS 余额
FROM unit_credits
WHERE period = '2026-12' AND credit_amt <> 0
ORDER BY 余额 DESC, emp_no, insutype;
