-- Only indexes that no other migration needs, in a file whose name ends so: a rebuild makes them after loading.

-- Not unique: events of different users may arrive out of order (an address released by one, taken by another).
CREATE INDEX users_email ON users (email) WHERE email IS NOT NULL;
-- For what is cleared again after an erasure.
CREATE INDEX users_erased ON users (updated_at) WHERE status = 'erased';

CREATE INDEX subscriptions_user ON subscriptions (user_id);
CREATE INDEX subscriptions_active ON subscriptions (plan_type, end_date) WHERE status = 'active';
CREATE INDEX subscriptions_external ON subscriptions (external_id) WHERE external_id IS NOT NULL;

CREATE INDEX licenses_client_id ON licenses (client_id);
CREATE INDEX licenses_user ON licenses (user_id, license_id);
