import { createSecretKey, randomUUID } from 'node:crypto';
import type { RecordedEvent } from '../../../shared/event-log/event-log.ts';
import { createCodec, createReader } from '../../../shared/events/codec.ts';
import { LATEST_SCHEMA_LEVEL } from '../../../shared/events/schemas/catalogue.ts';
import type { Terms } from '../../../shared/events/schemas/terms.ts';
import type { NewUserEvent } from '../../../shared/events/types.ts';
import { type OpenedPersonal, Timeline, type TimelineOptions } from '../../../shared/history/timeline.ts';
import type { Erased } from '../../../shared/vault/personal.ts';

export const userId = randomUUID();
export const subscriptionId = randomUUID();
export const key = createSecretKey(Buffer.alloc(32, 1));
export const START = Date.parse('2026-01-01T00:00:00.000Z');
export const DAY = 86_400_000;
export const at = (days: number): string => new Date(START + days * DAY).toISOString();

const terms: Terms = {
  maxClients: 10,
  entitlements: ['core'],
  graceDays: 7,
  onExpiry: 'downgrade',
  leaseHours: 72,
  validationsPerMinute: 60,
  replacementsPerMonth: null,
  price: null,
};

const codec = createCodec({
  writeLevel: LATEST_SCHEMA_LEVEL,
  vault: { createDataKey: async () => key, dataKey: async () => key },
});

/** A stream of events, each decided a day after the one before, unless it names its own day. */
export async function stream(
  ...events: readonly (readonly [NewUserEvent, number?])[]
): Promise<RecordedEvent[]> {
  return Promise.all(
    events.map(async ([event, day], revision) => ({
      ...(await codec.encode(event, {
        stream: `user-${userId}`,
        index: 0,
        metadata: {
          $correlationId: `correlation-${revision}`,
          $causationId: `causation-${revision}`,
          commandId: randomUUID(),
          requestDigest: 'secret digest',
          actor: { role: 'user', id: userId },
          decidedAt: at(day ?? revision),
        },
      })),
      stream: `user-${userId}`,
      revision,
      position: { commit: BigInt(revision), prepare: BigInt(revision) },
      created: new Date(START + 500 * DAY),
    })),
  );
}

export const signUp: NewUserEvent = {
  type: 'UserSignedUp',
  data: { userId, emailDigest: 'a'.repeat(64), personal: { email: 'ada@example.com', passwordHash: 'hash' } },
};
export const start = (days = 30): NewUserEvent => ({
  type: 'SubscriptionStarted',
  data: {
    product: 'app',
    quantity: 1,
    trial: false,
    userId,
    subscriptionId,
    plan: 'pro',
    terms,
    startDate: at(0),
    endDate: at(days),
  },
});
export const activate = (licenseId: string, clientId: string, clientName?: string): NewUserEvent => ({
  type: 'LicenseActivated',
  data: {
    product: 'app',
    userId,
    licenseId,
    subscriptionId,
    clientId,
    personal: clientName ? { clientName } : {},
  },
});
export const revoke = (licenseId: string, clientId: string): NewUserEvent => ({
  type: 'LicenseRevoked',
  data: { userId, licenseId, clientId, personal: { reason: 'stolen' } },
});
export const erase: NewUserEvent = { type: 'UserErased', data: { userId, emailBlocked: false } };

/** Opens as the tool does. */
export const opener =
  (under: typeof key | Erased) =>
  ({ event }: Parameters<NonNullable<TimelineOptions['open']>>[0]): OpenedPersonal | undefined =>
    'personal' in event.data
      ? createReader().unseal(
          ['UserSignedUp', 'LicenseActivated', 'LicenseRevoked', 'PasswordChanged'],
          event.data.personal,
          under,
        )
      : undefined;

/** The timeline of these events, gone through to its end. */
export async function timelineOf(
  events: readonly RecordedEvent[],
  { asOf = Number.POSITIVE_INFINITY, ...options }: Partial<TimelineOptions> & { readonly asOf?: number } = {},
) {
  async function* source() {
    yield* events;
  }
  const timeline = new Timeline({
    userId,
    reader: createReader(),
    skipped: new Set(),
    ...options,
  });
  const entries = await Array.fromAsync(timeline.entries(source(), asOf));
  return { timeline, entries };
}
