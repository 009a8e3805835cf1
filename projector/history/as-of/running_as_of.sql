-- title: Running subscriptions as of a time
-- grain: one row a subscription that was running at `valid`, as known at `known`
-- formula: of `subscriptions_as_of`, those that are `active`, in their grace, or cancelled with the end still ahead
-- counts: trials, plans without a price, and what is cancelled to its end date: it is used until then
-- leaves out: what is scheduled, suspended, expired, or cancelled and over; what an upgrade has replaced, which is cancelled by it; erased customers
-- parameter valid timestamptz: the time that is asked about
-- parameter known timestamptz: what is counted is what was known then
-- returns: subscription_states
SELECT s.*
FROM subscription_states s
WHERE s.valid_from <= :valid AND :valid < s.valid_to AND s.known_from <= :known AND :known < s.known_to
  AND (s.status IN ('active', 'grace') OR (s.status = 'cancelled' AND s.start_date <= :valid AND :valid < s.end_date))
  AND NOT s.customer_erased
