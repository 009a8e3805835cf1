-- title: Customers as of a time
-- grain: one row a customer that was known, at the time `known`, to be there at `valid`
-- formula: the row of `customers` that held at `valid`, as it was known at `known`
-- counts: erased customers too, by their `status`
-- parameter valid timestamptz: the time that is asked about
-- parameter known timestamptz: what is counted is what was known then
-- returns: customers
SELECT c.*
FROM customers c
WHERE c.valid_from <= :valid AND :valid < c.valid_to AND c.known_from <= :known AND :known < c.known_to
