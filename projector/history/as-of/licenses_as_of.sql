-- title: Licenses as of a time
-- grain: one row a license that was known, at the time `known`, to be there at `valid`
-- formula: the row of `license_states` that held at `valid`, as it was known at `known`
-- counts: every status, `deactivated` and `revoked` too, and the licenses of erased customers
-- parameter valid timestamptz: the time that is asked about
-- parameter known timestamptz: what is counted is what was known then
-- returns: license_states
SELECT l.*
FROM license_states l
WHERE l.valid_from <= :valid AND :valid < l.valid_to AND l.known_from <= :known AND :known < l.known_to
