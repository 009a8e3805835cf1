-- title: Subscriptions as of a time
-- grain: one row a subscription that was known, at the time `known`, to be there at `valid`
-- formula: the row of `subscription_states` that held at `valid`, as it was known at `known`
-- counts: every status, `scheduled` and `expired` too, and the subscriptions of erased customers
-- parameter valid timestamptz: the time that is asked about
-- parameter known timestamptz: what is counted is what was known then
-- returns: subscription_states
SELECT s.*
FROM subscription_states s
WHERE s.valid_from <= :valid AND :valid < s.valid_to AND s.known_from <= :known AND :known < s.known_to
