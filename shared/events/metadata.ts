import { z } from 'zod';

/** `staff` is a service account; they and license keys came with level 2, so no reader of level 1 alone meets one. */
export const ROLES = [
  'anonymous',
  'user',
  'client',
  'license_key',
  'operator',
  'analyst',
  'staff',
  'system',
] as const;
const role = z.enum(ROLES);

/** What every event says about how it came to be. `$correlationId` and `$causationId` are EventStoreDB's names. */
export const metadataSchema = z.looseObject({
  $correlationId: z.string().max(128),
  $causationId: z.string().max(128),
  /** UUIDv5 of caller, route and idempotency key; a random one for a command without a key. */
  commandId: z.uuid(),
  /** HMAC-SHA256 of the command's body without passwords; only for a command that came with an idempotency key. */
  requestDigest: z.string().max(64).optional(),
  actor: z.strictObject({ role, id: z.string().max(128) }),
  /**
   * When the command was decided: the event's time for every reader. The log's own time is known only to those who
   * read the event back, and an answer has to name the same time without a read, and again when it is repeated.
   */
  decidedAt: z.iso.datetime({ precision: 3 }).optional(),
  /** The command's place in a trace (W3C Trace Context), where it was traced: what happens to the event goes on with it. */
  traceparent: z.string().max(64).optional(),
  schemaVersion: z.int().min(1),
});

export type Metadata = z.infer<typeof metadataSchema>;
export type Actor = Metadata['actor'];
export type Role = z.infer<typeof role>;

/** Whether somebody of the seller acts, and no customer. */
export const isStaff = (role: Role): role is 'operator' | 'staff' => role === 'operator' || role === 'staff';
