-- Which renewals are due in the 30 days after 1 July, and what do we ask for the next period?
SELECT user_id AS customer, product, plan_type, quantity, CAST(end_date AT TIME ZONE 'UTC' AS date) AS ends,
  price * quantity AS amount, currency, price_months AS months
FROM renewals_due(TIMESTAMPTZ '2026-07-01 00:00:00+00', TIMESTAMPTZ '2026-07-31 00:00:00+00', TIMESTAMPTZ '2026-07-01 00:00:00+00')
WHERE outcome = 'open'
ORDER BY end_date, user_id;
