-- Which signing keys this system has made: their ids alone, which hold a part of the public key's fingerprint. A key ring that
-- lacks one of them is not this system's, or an old copy of it, and a lost one is never made again in silence. (The
-- master key needs no row: what it wrapped proves it.)
CREATE TABLE signing_keys (
  kind text NOT NULL,                          -- of token: access, activation, lease
  kid text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (kind, kid)
);
