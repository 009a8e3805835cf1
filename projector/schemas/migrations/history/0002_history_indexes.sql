-- For whoever asks: what is known now about an instant, one customer's rows, erasing.
CREATE INDEX subscription_states_subscription ON subscription_states (subscription_id);
CREATE INDEX subscription_states_user ON subscription_states (user_id);
CREATE INDEX subscription_states_known_from ON subscription_states (known_from);
CREATE INDEX license_states_user ON license_states (user_id);
CREATE INDEX license_states_valid_from ON license_states (valid_from);
CREATE INDEX customers_user ON customers (user_id);
