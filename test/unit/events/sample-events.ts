import { createSecretKey, randomUUID } from 'node:crypto';
import type { NewEvent, RecordedEvent } from '../../../shared/event-log/event-log.ts';
import type { SealingKeys, Stamp } from '../../../shared/events/codec.ts';

export const userId = randomUUID();
export const key = createSecretKey(Buffer.alloc(32, 1));
export const otherKey = createSecretKey(Buffer.alloc(32, 2));

/** Keys without a vault: which method was asked tells whether the event makes the key. */
export function keysInMemory(): SealingKeys & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    createDataKey: async () => {
      asked.push('create');
      return key;
    },
    dataKey: async () => {
      asked.push('read');
      return key;
    },
  };
}

export const stamp = (over: Partial<Stamp> = {}): Stamp => ({
  stream: `user-${userId}`,
  index: 0,
  metadata: {
    $correlationId: 'request-1',
    $causationId: 'request-1',
    commandId: '5f4d1c2b-6a7e-5b8c-9d0e-1f2a3b4c0005',
    actor: { role: 'user', id: userId },
  },
  ...over,
});

/** The event as a store would give it back: through JSON. */
export const asRecorded = (event: NewEvent, stream = `user-${userId}`): RecordedEvent => ({
  ...JSON.parse(JSON.stringify(event)),
  stream,
  revision: 0,
  position: { commit: 10n, prepare: 10n },
  created: new Date('2026-03-01T00:00:00.000Z'),
});

export const signedUp = {
  type: 'UserSignedUp',
  data: {
    userId,
    emailDigest: 'a'.repeat(64),
    personal: { email: 'ada@example.com', passwordHash: '$argon2id$hash' },
  },
} as const;

export const renewed = {
  type: 'SubscriptionRenewed',
  data: { userId, subscriptionId: randomUUID(), endDate: '2026-03-01T00:00:00.000Z' },
} as const;
