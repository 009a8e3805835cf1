-- How much do those who signed up in a month bring at the end of each month since?
SELECT cohort, currency, month, age, mrr
FROM cohort_mrr(DATE '2026-01-01', DATE '2026-06-01', TIMESTAMPTZ '2026-07-01 00:00:00+00')
WHERE month <= DATE '2026-06-01'
ORDER BY cohort, currency, month;
