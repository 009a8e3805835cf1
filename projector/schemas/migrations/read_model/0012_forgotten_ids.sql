-- Null once its user is erased, as the name is: a client's id is opaque, but the customer's. Rows of those who were erased
-- before are blanked by the projector when it begins.
ALTER TABLE licenses ALTER COLUMN client_id DROP NOT NULL;
