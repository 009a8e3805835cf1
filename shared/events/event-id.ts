import { createHash } from 'node:crypto';
import { uuidv5 } from '../ids.ts';

/** The namespace of event ids; chosen once at random. */
const NAMESPACE = '3f0a7c52-8a0e-4a57-9a5c-6b1b1c7d2e44';

export interface EventIdentity {
  readonly commandId: string;
  readonly stream: string;
  /** The event's place among those of its append, from 0. */
  readonly index: number;
  readonly type: string;
  readonly data: object;
  readonly metadata: object;
}

/**
 * UUIDv5 of command, stream, index and the SHA-256 of the event's bytes. The store compares ids alone, so an id has
 * to mean "the very same event": sealed again, or decided again, an event gets another one.
 */
export function eventId({ commandId, stream, index, type, data, metadata }: EventIdentity): string {
  const bytes = createHash('sha256')
    .update(JSON.stringify([type, data, metadata]))
    .digest('hex');
  return uuidv5(NAMESPACE, JSON.stringify([commandId, stream, index, bytes]));
}
