-- How many customers do we have on 1 July, of each product and in all: paying, trying, and on a free plan?
SELECT coalesce(product, 'all') AS product, customers, paying, trying, free
FROM active_customers(TIMESTAMPTZ '2026-07-01 00:00:00+00', TIMESTAMPTZ '2026-07-01 00:00:00+00')
ORDER BY product;
