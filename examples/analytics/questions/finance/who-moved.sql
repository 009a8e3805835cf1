-- Whose MRR is another at the end of a month than at its start, from March to June?
SELECT month, currency, movement, user_id AS customer, amount
FROM customer_mrr_movements(DATE '2026-03-01', DATE '2026-06-01', TIMESTAMPTZ '2026-07-01 00:00:00+00')
ORDER BY month, currency, movement, user_id;
