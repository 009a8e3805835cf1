-- title: Renewals due
-- grain: one row an end date, from `since` to before `until`, of a subscription with a price
-- formula: due is an end date that came, or will come, to a subscription that is not cancelled, or that a renewal has moved
-- counts: what is renewed ahead of its end date, by the end date that it moved; suspended subscriptions
-- leaves out: trials and plans without a price; what was cancelled or replaced before its end; erased customers
-- parameter since timestamptz: the first end date
-- parameter until timestamptz: the end date before which it ends
-- parameter known timestamptz: what is counted is what was known then
-- column end_date timestamptz
-- column subscription_id uuid
-- column user_id uuid
-- column product text
-- column plan_type text
-- column quantity integer
-- column price bigint: of one, in minor units
-- column price_months integer
-- column currency text
-- column outcome text: `renewed` by the end date, `renewed_late` in the grace, `open` (ahead, or in the grace), `lost`
WITH states AS (
  SELECT s.*, lead(s.end_date) OVER later AS next_end, lead(s.cancelled) OVER later AS next_cancelled
  FROM subscription_states s
  WHERE s.known_from <= :known AND :known < s.known_to AND s.end_date >= :since
    AND s.price IS NOT NULL AND NOT s.trial
  WINDOW later AS (PARTITION BY s.subscription_id ORDER BY s.valid_from)
)
SELECT end_date, subscription_id, user_id, product, plan_type, quantity, price, price_months, currency,
  CASE
    WHEN next_end > end_date AND valid_to < end_date THEN 'renewed'
    WHEN next_end > end_date THEN 'renewed_late'
    WHEN NOT coalesce(next_cancelled, FALSE) AND :known < end_date + grace_days * INTERVAL '24 hours' THEN 'open'
    ELSE 'lost'
  END AS outcome
FROM states
WHERE end_date < :until AND valid_from < end_date AND NOT customer_erased
  AND (next_end > end_date OR (valid_to >= end_date AND NOT cancelled))
