-- Those of whose end there is something to tell, looked for each minute.
CREATE INDEX subscriptions_end_notice ON subscriptions (end_notice, end_date) WHERE end_notice <> 'lapsed';
