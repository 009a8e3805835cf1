-- How many machines were in use each day of the last week of June?
SELECT day, product, machines
FROM machines(DATE '2026-06-24', DATE '2026-06-30')
ORDER BY day, product;
