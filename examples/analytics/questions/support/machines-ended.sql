-- Which machines were taken off their licenses from January to June, when, how, and by whom?
-- A machine's id is empty once its customer was erased.
SELECT CAST(valid_from AT TIME ZONE 'UTC' AS date) AS day, user_id AS customer, product, client_id, status, actor_role AS ended_by
FROM license_states
WHERE cause_type IN ('LicenseDeactivated', 'LicenseRevoked', 'LicenseActivated') AND status <> 'active'
  AND valid_from >= TIMESTAMPTZ '2026-01-01 00:00:00+00' AND valid_from < TIMESTAMPTZ '2026-07-01 00:00:00+00'
  AND known_from <= TIMESTAMPTZ '2026-07-01 00:00:00+00' AND TIMESTAMPTZ '2026-07-01 00:00:00+00' < known_to
ORDER BY day, client_id;
