-- Erasures that are under way: written before the event UserErased, deleted once everything that has to follow it is done.
-- What a crash leaves is finished by a command node.

CREATE TABLE erasures (
  user_id uuid PRIMARY KEY,
  begun_at timestamptz NOT NULL DEFAULT now()
);
