-- How many renewals were due each month, how many were done, and how many of those late?
SELECT month, product, plan_type, due, renewed, renewed_late, open, lost
FROM renewals(DATE '2026-01-01', DATE '2026-07-01', TIMESTAMPTZ '2026-07-01 00:00:00+00')
ORDER BY month, product, plan_type;
