import { randomBytes, randomUUID } from 'node:crypto';
import type { EventLog, NewEvent } from '../../../shared/event-log/event-log.ts';
import { START } from '../../../shared/event-log/position.ts';
import { createCodec } from '../../../shared/events/codec.ts';
import { LATEST_SCHEMA_LEVEL } from '../../../shared/events/schemas/catalogue.ts';
import type { Terms } from '../../../shared/events/schemas/terms.ts';
import { reservationStream, staffStream, userStream } from '../../../shared/events/streams.ts';
import type { NewStaffEvent, NewUserEvent } from '../../../shared/events/types.ts';
import { uuidv7 } from '../../../shared/ids.ts';
import type { Vault } from '../../../shared/vault/vault.ts';

export const TERMS: Terms = {
  maxClients: 10,
  entitlements: ['core', 'export'],
  graceDays: 7,
  onExpiry: 'downgrade',
  leaseHours: 72,
  validationsPerMinute: 60,
  replacementsPerMonth: null,
  price: null,
};

export const newId = (at = Date.now()): string => uuidv7(at, randomBytes(10));
export const instant = (at: number): string => new Date(at).toISOString();

/** One user, whose events are written to the log as the write side would write them, but without its rules. */
export interface Author {
  readonly userId: string;
  readonly email: string;
  /** Appends events behind those before. Answers the position of the last. */
  append(...events: NewUserEvent[]): Promise<string>;
  signUp(): Promise<string>;
  /** Starts a subscription. Answers its id. */
  subscribe(plan?: string, startDate?: number, endDate?: number): Promise<string>;
  /** Activates a client. Answers the license's id. */
  activate(clientId: string, clientName?: string): Promise<string>;
  erase(): Promise<void>;
  /** What an append would be given, for events that the codec would not encode. */
  encode(event: NewUserEvent, index?: number): Promise<NewEvent>;
  /** Appends anything. */
  appendRaw(...events: NewEvent[]): Promise<void>;
}

const DAY = 86_400_000;

const stamp = (stream: string, index: number, decidedAt: number) => ({
  stream,
  index,
  metadata: {
    $correlationId: randomUUID(),
    $causationId: randomUUID(),
    commandId: randomUUID(),
    actor: { role: 'system' as const, id: 'test' },
    decidedAt: instant(decidedAt),
  },
});

/** Writes the events of a member of staff, as the write side would, but without its rules. */
export function createStaffAuthor(log: EventLog, vault: Vault, staffId: string = randomUUID()) {
  const codec = createCodec({ writeLevel: LATEST_SCHEMA_LEVEL, vault });
  let revision = -1;
  let position = START;
  return {
    staffId,
    /** Somebody else has appended an event meanwhile. */
    async skip(): Promise<void> {
      revision += 1;
    },
    /** Appends events behind those before. Answers the position of the last. */
    async append(...events: readonly NewStaffEvent[]): Promise<string> {
      for (const event of events) {
        const encoded = await codec.encode(event, stamp(staffStream(staffId), 0, Date.now()));
        const expected = revision < 0 ? 'no_stream' : revision;
        const result = await log.append(staffStream(staffId), expected, [encoded], { deadlineMs: 10_000 });
        revision = result.revision;
        position = result.position;
      }
      return `${position.commit}/${position.prepare}`;
    },
  };
}

export function createAuthors(log: EventLog, vault: Vault) {
  const codec = createCodec({ writeLevel: LATEST_SCHEMA_LEVEL, vault });
  function author(userId = newId(), email = `${userId}@example.com`): Author {
    const stream = userStream(userId);
    let revision = -1;
    let subscriptionId = '';
    const encode = (event: NewUserEvent, index = 0) => codec.encode(event, stamp(stream, index, Date.now()));
    const appendRaw = async (events: readonly NewEvent[]) => {
      const expected = revision < 0 ? 'no_stream' : revision;
      const result = await log.append(stream, expected, events, { deadlineMs: 10_000 });
      revision = result.revision;
      return `${result.position.commit}/${result.position.prepare}`;
    };
    const append = async (...events: NewUserEvent[]) => {
      const encoded: NewEvent[] = [];
      for (const [i, event] of events.entries()) encoded.push(await encode(event, i));
      return appendRaw(encoded);
    };
    return {
      userId,
      email,
      append,
      encode,
      appendRaw: async (...events) => void (await appendRaw(events)),
      async signUp() {
        const emailDigest = await vault.emailDigest(email);
        const reserved = await codec.encode(
          { type: 'EmailReserved', data: { userId } },
          stamp(reservationStream('email', emailDigest), 0, Date.now()),
        );
        await log.append(reservationStream('email', emailDigest), 'no_stream', [reserved], {
          deadlineMs: 10_000,
        });
        return append({
          type: 'UserSignedUp',
          data: { userId, emailDigest, personal: { email, passwordHash: 'not a hash' } },
        });
      },
      async subscribe(plan = 'pro', startDate = Date.now() - DAY, endDate = startDate + 365 * DAY) {
        subscriptionId = newId(startDate);
        await append({
          type: 'SubscriptionStarted',
          data: {
            product: 'app',
            quantity: 1,
            trial: false,
            userId,
            subscriptionId,
            plan,
            terms: TERMS,
            startDate: instant(startDate),
            endDate: instant(endDate),
          },
        });
        return subscriptionId;
      },
      async activate(clientId, clientName) {
        const licenseId = newId();
        await append({
          type: 'LicenseActivated',
          data: {
            product: 'app',
            userId,
            licenseId,
            subscriptionId: subscriptionId || newId(),
            clientId,
            personal: clientName === undefined ? {} : { clientName },
          },
        });
        return licenseId;
      },
      async erase() {
        await append({ type: 'UserErased', data: { userId, emailBlocked: false } });
        await vault.applyErasures([userId]);
      },
    };
  }
  return author;
}
