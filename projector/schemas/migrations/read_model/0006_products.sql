-- Subscriptions and licenses are of a product, bought in a quantity, or on trial. What there is was sold before there
-- were products: it is of the product 'app', once, and no trial, as its events are read by now.
ALTER TABLE subscriptions
  ADD COLUMN product text NOT NULL DEFAULT 'app',
  ADD COLUMN quantity integer NOT NULL DEFAULT 1,
  ADD COLUMN trial boolean NOT NULL DEFAULT false;

ALTER TABLE licenses
  ADD COLUMN product text NOT NULL DEFAULT 'app',
  ADD COLUMN license_key_id uuid;              -- the license key that activated it, if one did
