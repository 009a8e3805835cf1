-- What do we earn a month at the end of June, by currency, product and plan?
-- In minor units of the currency. The month's end is its last instant: what begins at midnight of the 1st is July's.
SELECT currency, product, plan_type, subscriptions, customers, mrr
FROM mrr(TIMESTAMPTZ '2026-06-30 23:59:59.999+00', TIMESTAMPTZ '2026-07-01 00:00:00+00')
ORDER BY currency, product, plan_type;
