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
SELECT r.end_date_before AS end_date, r.subscription_id, r.user_id, r.product, r.plan_type, r.quantity, r.price,
  r.price_months, r.currency,
  CASE WHEN r.valid_from < r.end_date_before THEN 'renewed' ELSE 'renewed_late' END AS outcome
FROM subscription_states r
WHERE r.known_from <= :known AND :known < r.known_to AND r.end_date > r.end_date_before
  AND r.price IS NOT NULL AND NOT r.trial AND r.end_date_before >= :since AND r.end_date_before < :until
UNION ALL
-- The rows that reach their end date; after it, unless it is suspended, another row begins.
SELECT s.end_date, s.subscription_id, s.user_id, s.product, s.plan_type, s.quantity, s.price, s.price_months, s.currency,
  CASE
    WHEN :known < s.end_date + s.grace_days * INTERVAL '24 hours' AND (n.cancelled IS NULL OR NOT n.cancelled) THEN 'open'
    ELSE 'lost'
  END AS outcome
FROM subscription_states s
LEFT JOIN subscription_states n ON n.user_id = s.user_id AND n.subscription_id = s.subscription_id
  AND n.valid_from = s.end_date AND n.known_from <= :known AND :known < n.known_to
WHERE s.known_from <= :known AND :known < s.known_to AND s.valid_from < s.end_date AND s.end_date <= s.valid_to
  AND s.price IS NOT NULL AND NOT s.trial AND NOT s.cancelled AND NOT s.customer_erased
  AND s.end_date >= :since AND s.end_date < :until
  AND (n.end_date IS NULL OR n.end_date <= s.end_date)
