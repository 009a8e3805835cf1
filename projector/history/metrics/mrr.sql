-- title: Monthly recurring revenue
-- grain: one row a currency, product and plan that has any
-- formula: the sum of price × quantity ÷ months that the price pays for, over the subscriptions that run; each rounded half up to the minor unit before they are added
-- counts: yearly prices by a twelfth; the grace; what is cancelled, until its end date
-- leaves out: trials; plans without a price; what is scheduled, suspended or over; erased customers; taxes and discounts, which this system knows nothing of
-- parameter valid timestamptz: the time that is asked about
-- parameter known timestamptz: what is counted is what was known then
-- column currency text: ISO 4217. Currencies are never added up: no rate is kept here
-- column product text
-- column plan_type text: the plan that it is now; a change of plan moves it
-- column subscriptions bigint
-- column customers bigint: different ones; who has two plans is in both rows
-- column mrr bigint: in minor units of the currency
SELECT s.currency, s.product, s.plan_type, count(*) AS subscriptions, count(DISTINCT s.user_id) AS customers,
  CAST(sum(s.mrr) AS bigint) AS mrr
FROM subscription_states s
WHERE s.valid_from <= :valid AND :valid < s.valid_to AND s.known_from <= :known AND :known < s.known_to AND s.mrr > 0
GROUP BY s.currency, s.product, s.plan_type
ORDER BY s.currency, s.product, s.plan_type
