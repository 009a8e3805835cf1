-- What was told of a subscription's end: 'none', 'week', 'day' or 'lapsed'. Of what there is nothing was told yet, as its events say.
ALTER TABLE subscriptions ADD COLUMN end_notice text NOT NULL DEFAULT 'none';
