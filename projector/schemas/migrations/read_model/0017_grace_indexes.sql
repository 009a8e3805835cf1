-- The list of subscriptions, by stored status and days of grace, so that those within their grace, and those past it, are found
-- without a look at each that has ended. Only indexes, as 0011; the one that it replaces goes at the end, because readers wait
-- from then on.
CREATE INDEX subscriptions_by_grace ON subscriptions (status, ((terms ->> 'graceDays')::integer), end_date, subscription_id);
DROP INDEX subscriptions_by_end;
