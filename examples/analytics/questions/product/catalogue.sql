-- Under which terms was each plan sold, and since when? A change of the catalogue shows as another row with its first sale.
SELECT product, plan_type, max_clients, grace_days, price, currency, price_months, CAST(first_at AT TIME ZONE 'UTC' AS date) AS first_sold
FROM catalogue_terms
ORDER BY product, plan_type, first_sold;
