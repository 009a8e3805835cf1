-- History: what held when, and what was known of it when. One row an interval on two axes of time. A row says that from
-- valid_from (included) to valid_to (excluded) this held, as it was known from known_from (included) to known_to (excluded);
-- 'infinity' where there is no end. What is known changes with an event, at the time at which that was decided.
--
-- A row holds from when it was decided, or from the date that the event names, if that is earlier: a start in the past holds
-- from its start date, a renewal within the grace from the end date that it moves, a cancellation within the grace from its
-- end date. What follows from the dates alone (the start, the end, the end of the grace) is there without an event.
--
-- Everything here is folded from the log: no default, sequence or trigger makes a value of its own.

CREATE TABLE subscription_states (
  subscription_id uuid NOT NULL,
  user_id uuid NOT NULL,
  product text NOT NULL,
  plan_type text NOT NULL,
  quantity integer NOT NULL,                   -- how many times the plan was bought
  places bigint NOT NULL,                      -- clients that may be active at once: the plan's times the quantity
  trial boolean NOT NULL,
  status text NOT NULL
    CHECK (status IN ('scheduled', 'active', 'grace', 'suspended', 'cancelled', 'expired')),  -- as the API shows it
  suspended boolean NOT NULL,
  cancelled boolean NOT NULL,
  cancelled_by text CHECK (cancelled_by IN ('user', 'staff')),
  customer_erased boolean NOT NULL,            -- its user is erased: it counts for nothing any more
  price bigint,                                -- of one, in minor units of the currency; null: the plan has no price
  price_months integer,                        -- what the price pays for
  currency text,                               -- ISO 4217
  mrr bigint NOT NULL,                         -- monthly recurring revenue while this holds, in minor units; see docs/metrics.md
  mrr_before bigint NOT NULL,                  -- of this subscription just before valid_from, and its currency (null: none)
  currency_before text,
  end_date_before timestamptz,                 -- its end date just before valid_from; null in its first row
  start_date timestamptz NOT NULL,
  end_date timestamptz NOT NULL,               -- the first instant not covered
  grace_days integer NOT NULL,
  external_id text,                            -- null once the user is erased
  actor_role text NOT NULL,                    -- who made the event that is the cause
  cause_type text NOT NULL,                    -- the latest event that shaped this row
  cause_commit bigint NOT NULL,
  cause_prepare bigint NOT NULL,
  valid_from timestamptz NOT NULL,
  valid_to timestamptz NOT NULL CHECK (valid_from < valid_to),
  known_from timestamptz NOT NULL,
  known_to timestamptz NOT NULL CHECK (known_from < known_to)
);
-- What is known now, by whom it is about: the rows that an event may end, which are those that hold late.
CREATE INDEX subscription_states_known ON subscription_states (user_id, subscription_id, valid_to)
  WHERE known_to = 'infinity';

CREATE TABLE license_states (
  license_id uuid NOT NULL,
  user_id uuid NOT NULL,
  product text NOT NULL,
  subscription_id uuid NOT NULL,               -- the one that counted when it was activated
  license_key_id uuid,                         -- the license key that activated it
  client_id text,                              -- null once the user is erased
  status text NOT NULL CHECK (status IN ('active', 'deactivated', 'revoked')),
  customer_erased boolean NOT NULL,
  actor_role text NOT NULL,
  cause_type text NOT NULL,
  cause_commit bigint NOT NULL,
  cause_prepare bigint NOT NULL,
  valid_from timestamptz NOT NULL,
  valid_to timestamptz NOT NULL CHECK (valid_from < valid_to),
  known_from timestamptz NOT NULL,
  known_to timestamptz NOT NULL CHECK (known_from < known_to)
);
-- What is known now to hold on: an event of a license ends that one row.
CREATE INDEX license_states_known ON license_states (user_id, license_id)
  WHERE known_to = 'infinity' AND valid_to = 'infinity';

CREATE TABLE customers (
  user_id uuid NOT NULL,
  status text NOT NULL CHECK (status IN ('active', 'erased')),
  origin text NOT NULL CHECK (origin IN ('signed_up', 'added')),  -- by themselves, or by staff (an import too)
  external_id text,                            -- null once erased
  signed_up_at timestamptz NOT NULL,           -- or added
  actor_role text NOT NULL,
  cause_type text NOT NULL,
  cause_commit bigint NOT NULL,
  cause_prepare bigint NOT NULL,
  valid_from timestamptz NOT NULL,
  valid_to timestamptz NOT NULL CHECK (valid_from < valid_to),
  known_from timestamptz NOT NULL,
  known_to timestamptz NOT NULL CHECK (known_from < known_to)
);
CREATE INDEX customers_known ON customers (user_id) WHERE known_to = 'infinity' AND valid_to = 'infinity';

-- The terms under which plans were sold, as the events had them: a change of the catalogue shows with its first sale.
CREATE TABLE catalogue_terms (
  product text NOT NULL,
  plan_type text NOT NULL,
  terms_digest text NOT NULL,                  -- SHA-256 of the terms as JSON with sorted members
  terms jsonb NOT NULL,
  max_clients integer NOT NULL,
  grace_days integer NOT NULL,
  price bigint,
  price_months integer,
  currency text,
  first_at timestamptz NOT NULL,               -- the first event that named them
  first_commit bigint NOT NULL,
  first_prepare bigint NOT NULL,
  PRIMARY KEY (product, plan_type, terms_digest)
);

-- Where a day's events stand in the log: all of them between these two positions, included. A day is UTC, by the events' times.
CREATE TABLE days (
  day date PRIMARY KEY,
  first_commit bigint NOT NULL,
  first_prepare bigint NOT NULL,
  last_commit bigint NOT NULL,
  last_prepare bigint NOT NULL,
  events bigint NOT NULL
);

-- Different machines that showed their key on a day (UTC), by product: counted by the query nodes (usage.machines_by_day) and
-- copied here, since it follows from no event. The one table that a rebuild takes over instead of making it.
CREATE TABLE machines_by_day (
  day date NOT NULL,
  product text NOT NULL,
  machines bigint NOT NULL,
  PRIMARY KEY (day, product)
);
