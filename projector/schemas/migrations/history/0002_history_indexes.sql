-- For whoever asks: what is known now about an instant, one customer's rows, erasing.
CREATE INDEX subscription_states_subscription ON subscription_states (subscription_id);
CREATE INDEX subscription_states_user ON subscription_states (user_id);
CREATE INDEX subscription_states_known_from ON subscription_states (known_from);
CREATE INDEX license_states_user ON license_states (user_id);
CREATE INDEX license_states_valid_from ON license_states (valid_from);
CREATE INDEX customers_user ON customers (user_id);
-- What moved the revenue, whenever it did: a fraction of the rows, and read from the index alone.
CREATE INDEX subscription_states_movements ON subscription_states (user_id, valid_from)
  INCLUDE (currency, mrr, currency_before, mrr_before, known_from, known_to)
  WHERE mrr <> mrr_before OR currency <> currency_before;
