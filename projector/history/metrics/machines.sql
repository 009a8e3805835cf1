-- title: Machines in use
-- grain: one row a day (UTC) and product in which there was any
-- formula: the number of different licenses whose activation key was validated on the day
-- counts: what the query nodes measured. It follows from no event, so it has no `known`: days before it was measured are missing
-- leaves out: programs that ran on a lease alone, and asked nobody
-- parameter first_day date: the first day
-- parameter last_day date: the last day
-- column day date
-- column product text
-- column machines bigint
SELECT m.day, m.product, m.machines
FROM machines_by_day m
WHERE m.day BETWEEN :first_day AND :last_day
ORDER BY m.day, m.product
