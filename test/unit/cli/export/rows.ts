import type { Row } from '../../../../cli/replay/formats/row.ts';

/** A row of its number, with some fields as the test wants them. */
export const row = (n: number, fields: Partial<Row> = {}): Row => ({
  position: `${n}/${n}`,
  revision: n,
  stream: `user-${n}`,
  event_id: `event ${n}`,
  type: 'LicenseActivated',
  time: new Date(1_700_000_000_000 + n).toISOString(),
  logged_at: new Date(1_700_000_000_001 + n).toISOString(),
  user_id: `user ${n}`,
  correlation_id: 'a',
  causation_id: 'b',
  command_id: 'c',
  actor_role: 'user',
  actor_id: 'd',
  schema_version: 1,
  data: { n },
  ...fields,
});
