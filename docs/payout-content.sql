-- 从拨付库写出一个批次的规范文本（与 nxmed payout content 逐字节相同）。用法见 docs/payout-auditor.md：把 :bat_no 换成 '批次号'。
-- The canonical text of a batch from the payout store, byte for byte what nxmed payout content prints.
.mode list
.headers off
.nullvalue ''
WITH
escaped_lines AS (
  SELECT row_no, pay_sn, payee_type, amt, coalesce(acct_type, '') AS acct_type, coalesce(org_pay_sn, '') AS org_pay_sn,
    replace(replace(replace(replace(payee_code, '\', '\\'), char(9), '\t'), char(10), '\n'), char(13), '\r') AS payee_code,
    replace(replace(replace(replace(payee_name, '\', '\\'), char(9), '\t'), char(10), '\n'), char(13), '\r') AS payee_name,
    replace(replace(replace(replace(bankacct, '\', '\\'), char(9), '\t'), char(10), '\n'), char(13), '\r') AS bankacct,
    replace(replace(replace(replace(acctname, '\', '\\'), char(9), '\t'), char(10), '\n'), char(13), '\r') AS acctname,
    replace(replace(replace(replace(coalesce(bankcode, ''), '\', '\\'), char(9), '\t'), char(10), '\n'), char(13), '\r') AS bankcode,
    replace(replace(replace(replace(coalesce(bank_name, ''), '\', '\\'), char(9), '\t'), char(10), '\n'), char(13), '\r') AS bank_name,
    replace(replace(replace(replace(usage, '\', '\\'), char(9), '\t'), char(10), '\n'), char(13), '\r') AS usage,
    replace(replace(replace(replace(postscript, '\', '\\'), char(9), '\t'), char(10), '\n'), char(13), '\r') AS postscript
  FROM lines WHERE bat_no = :bat_no),
payer AS (
  SELECT CASE WHEN payer_bankacct IS NULL THEN '' ELSE
    replace(replace(payer_bankacct, '\', '\\'), char(9), '\t') || char(9) || replace(replace(payer_acctname, '\', '\\'), char(9), '\t') || char(9) ||
    replace(replace(coalesce(payer_bankcode, ''), '\', '\\'), char(9), '\t') || char(9) ||
    replace(replace(coalesce(payer_bank_name, ''), '\', '\\'), char(9), '\t') END AS said
  FROM batches WHERE bat_no = :bat_no),
texts AS (
  SELECT 1 AS part, 0 AS n, '' AS sn, '' AS item,
    'nxmed-payout-content/1' || char(10) || 'bat_no: ' || bat_no || char(10) || 'source: ' || source || char(10) || 'period: ' || period || char(10) ||
    'fund_pay_type: ' || fund_pay_type || char(10) || 'insu_admdvs: ' || insu_admdvs || char(10) || 'make_date: ' || coalesce(make_date, '') || char(10) ||
    'payer: ' || (SELECT said FROM payer) || char(10) || 'declared_count: ' || declared_count || char(10) ||
    'declared_amt: ' || printf('%d.%02d', declared_amt / 100, declared_amt % 100) || char(10) ||
    'lines: row_no pay_sn payee_type payee_code payee_name bankacct acctname bankcode bank_name acct_type amt usage postscript org_pay_sn' AS line
  FROM batches WHERE bat_no = :bat_no
  UNION ALL
  SELECT 2, row_no, pay_sn, '', row_no || char(9) || pay_sn || char(9) || payee_type || char(9) || payee_code || char(9) || payee_name || char(9) ||
    bankacct || char(9) || acctname || char(9) || bankcode || char(9) || bank_name || char(9) || acct_type || char(9) ||
    printf('%d.%02d', amt / 100, amt % 100) || char(9) || usage || char(9) || postscript || char(9) || org_pay_sn
  FROM escaped_lines
  UNION ALL
  SELECT 3, 0, '', '', 'items: pay_sn item_id amt source_key period run_id rule org_pay_sn'
  UNION ALL
  SELECT 4, 0, pay_sn, item_id, pay_sn || char(9) || item_id || char(9) || printf('%d.%02d', i.amt / 100, i.amt % 100) || char(9) ||
    replace(replace(source_key, '\', '\\'), char(9), '\t') || char(9) || period || char(9) || run_id || char(9) || rule || char(9) ||
    coalesce(i.org_pay_sn, '')
  FROM line_items i JOIN lines l USING (pay_sn) WHERE l.bat_no = :bat_no
  UNION ALL
  SELECT 5, 0, '', '', 'end')
SELECT line FROM texts ORDER BY part, n, sn, item;
