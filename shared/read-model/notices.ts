import { z } from 'zod';
import { DIRECT_LANE } from './lanes.ts';

/** The Redis channel on which the projector tells the query nodes what changed. */
export const NOTICE_CHANNEL = 'license-system:notices';

/**
 * One batch of the projector, after its transaction and its cache writes. An idle projector sends an empty one each
 * second, with `before` equal to `after`. A node that sees `before` differ from the last `after`, or hears nothing
 * for {@link SILENCE_MS}, has missed something and trusts neither its memory nor Redis until it asked PostgreSQL.
 */
export const noticeSchema = z.strictObject({
  /** Whose checkpoint it is: a projector says nothing of the others. */
  lane: z.string().max(32).default(DIRECT_LANE),
  /** The lane's checkpoint before the batch. */
  before: z.string(),
  /** The lane's checkpoint behind the batch. */
  after: z.string(),
  /** Users whose view changed, with the position of their last event. */
  users: z.array(z.tuple([z.string(), z.string()])),
  /** Licenses whose view changed, likewise. */
  licenses: z.array(z.tuple([z.string(), z.string()])),
});

export type Notice = z.infer<typeof noticeSchema>;
/** A notice as it is sent. */
export type SentNotice = z.input<typeof noticeSchema>;

/**
 * How a notice names its lane. The direct feed's does not: query nodes of before there were lanes, which run on while
 * processes are replaced one by one, refuse what they don't know.
 */
export const laneInNotice = (lane: string): Pick<SentNotice, 'lane'> =>
  lane === DIRECT_LANE ? {} : { lane };

/** An idle projector's period. */
export const HEARTBEAT_MS = 1_000;
/** Silence after which a query node assumes that it missed notices. */
export const SILENCE_MS = 3_000;
/** How long a notice's position stays a floor: an older load is not stored. */
export const FLOOR_MS = 60_000;
