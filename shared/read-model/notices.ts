import { z } from 'zod';

/** The Redis channel on which the projector tells the query nodes what changed. */
export const NOTICE_CHANNEL = 'license-system:notices';

/**
 * One batch of the projector, after its transaction and its cache writes. An idle projector sends an empty one each
 * second, with `before` equal to `after`. A node that sees `before` differ from the last `after`, or hears nothing
 * for {@link SILENCE_MS}, has missed something and trusts neither its memory nor Redis until it asked PostgreSQL.
 */
export const noticeSchema = z.strictObject({
  /** The checkpoint before the batch. */
  before: z.string(),
  /** The checkpoint after the batch. */
  after: z.string(),
  /** Users whose view changed, with the position of their last event. */
  users: z.array(z.tuple([z.string(), z.string()])),
  /** Licenses whose view changed, likewise. */
  licenses: z.array(z.tuple([z.string(), z.string()])),
});

export type Notice = z.infer<typeof noticeSchema>;

/** An idle projector's period. */
export const HEARTBEAT_MS = 1_000;
/** Silence after which a query node assumes that it missed notices. */
export const SILENCE_MS = 3_000;
/** How long a notice's position stays a floor: an older load is not stored. */
export const FLOOR_MS = 60_000;
