-- Settling parked events moves neither the checkpoint nor a user's position past it. This is where a cache that was
-- away, or is restored, finds whose views changed that way.
CREATE TABLE settled_users (
  user_id uuid PRIMARY KEY,
  position_commit bigint NOT NULL,             -- of the checkpoint, when this user's events were settled last
  position_prepare bigint NOT NULL
);
