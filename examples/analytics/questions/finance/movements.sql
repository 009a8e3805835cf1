-- What came and what left, month by month and currency by currency?
-- In every row: mrr_end = mrr_start + new + reactivated + expansion - contraction - churned.
SELECT month, currency, mrr_start, new, reactivated, expansion, contraction, churned, mrr_end
FROM mrr_movements(DATE '2026-01-01', DATE '2026-06-01', TIMESTAMPTZ '2026-07-01 00:00:00+00')
ORDER BY month, currency;
