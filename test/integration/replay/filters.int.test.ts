import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RecordedEvent } from '../../../shared/event-log/event-log.ts';
import { formatPosition } from '../../../shared/event-log/position.ts';
import { createCodec } from '../../../shared/events/codec.ts';
import { LATEST_SCHEMA_LEVEL } from '../../../shared/events/schemas/catalogue.ts';
import type { ReservationEvent } from '../../../shared/events/types.ts';
import { newId } from '../projector/author.ts';
import { createReplaySystem, lines, type ReplaySystem } from './system.ts';

/** The log's events as this test reads them by itself: in the log's order, with what the filters are about. */
interface Expected {
  readonly id: string;
  readonly position: string;
  readonly type: string;
  readonly userId: string;
  readonly time: number;
  /** The plan that the user's last start of a subscription or change of plan names, this event included. */
  readonly plan: string | undefined;
}

let system: ReplaySystem;
let all: Expected[];
/** Who had another email later. */
let changed: string;
const positions: string[] = [];

function expectation(recorded: RecordedEvent, plans: Map<string, string>): Expected {
  const { id, type, position, data, metadata, created } = recorded;
  const userId = String(data.userId);
  if (typeof data.plan === 'string') plans.set(userId, data.plan);
  const time = typeof metadata.decidedAt === 'string' ? Date.parse(metadata.decidedAt) : created.getTime();
  return { id, type, position: formatPosition(position), userId, time, plan: plans.get(userId) };
}

/** Somebody who has had two emails, and has a license key: seven events. */
async function changeEmail(): Promise<void> {
  const { userId, ...author } = system.author();
  changed = userId;
  await author.signUp();
  const [emailDigest, keyDigest, keyId] = ['e'.repeat(64), 'f'.repeat(64), newId()];
  await reserve(`email-${emailDigest}`, { type: 'EmailReserved', data: { userId } });
  await author.append({
    type: 'EmailChanged',
    data: { userId, emailDigest, personal: { email: 'b@example.com' } },
  });
  await reserve(`email-${emailDigest}`, { type: 'EmailReleased', data: { userId } }, 0);
  await reserve(`key-${keyDigest}`, { type: 'LicenseKeyReserved', data: { userId, keyId } });
  await author.append({
    type: 'LicenseKeyIssued',
    data: { userId, keyId, product: 'app', keyDigest, personal: {} },
  });
}

async function reserve(stream: string, event: ReservationEvent, after?: number): Promise<void> {
  const codec = createCodec({ writeLevel: LATEST_SCHEMA_LEVEL, vault: system.vault });
  const actor = { role: 'system', id: 'test' } as const;
  const metadata = { $correlationId: 'c', $causationId: 'c', commandId: randomUUID(), actor };
  const encoded = await codec.encode(event, { stream, index: 0, metadata });
  await system.log.append(stream, after ?? 'no_stream', [encoded], { deadlineMs: 10_000 });
}

beforeAll(async () => {
  system = await createReplaySystem({ events: 3_000, users: 200 });
  await changeEmail();
  const plans = new Map<string, string>();
  all = [];
  for await (const recorded of system.log.readAll()) all.push(expectation(recorded, plans));
  positions.push(...all.map(({ position }) => position));
});
afterAll(() => system[Symbol.asyncDispose]());

async function exported(...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await system.replay(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return lines<{ event_id: string }>(stdout).map(({ event_id }) => event_id);
}
const idsOf = (wanted: (event: Expected, index: number) => boolean) => all.filter(wanted).map(({ id }) => id);
const at = (index: number) => all[index] as Expected;
const iso = (ms: number) => new Date(ms).toISOString();

describe('replay, filtered', () => {
  it('exports every event of the log, in its order', async () => {
    expect(await exported()).toEqual(idsOf(() => true));
    expect(all).toHaveLength(3_007);
  });

  it('by type, any of those given', async () => {
    const wanted = ['LicenseRevoked', 'UserErased'];
    const ids = await exported('--type', 'UserErased', '--type', 'LicenseRevoked');
    expect(ids).toEqual(idsOf(({ type }) => wanted.includes(type)));
    expect(ids.length).toBeGreaterThan(10);
  });

  it('by user: what a filter of the whole log gives, reservations of a released and taken email included', async () => {
    // Every user whose email was another's before or after: their streams of reservations are shared.
    const released = all.filter(({ type }) => type === 'EmailReleased').slice(0, 3);
    const users = [at(1_500), ...released].map(({ userId }) => userId);
    const ids = await exported(...users.flatMap((user) => ['--user', user.toUpperCase()]));
    expect(ids).toEqual(idsOf(({ userId }) => users.includes(userId)));
    expect(await exported('--user', at(0).userId)).toEqual(idsOf(({ userId }) => userId === at(0).userId));
  });

  it('by user: reservations of every email that they had, and of their license keys, included', async () => {
    const ids = await exported('--user', changed);
    expect(ids).toEqual(idsOf(({ userId }) => userId === changed));
    expect(ids).toHaveLength(7);
  });

  it('by a user who is not there: nothing', async () => {
    expect(await exported('--user', '01935e22-ca9d-79eb-bd2b-30f05c70710a')).toEqual([]);
  });

  it('by the plan that the user is on', async () => {
    const ids = await exported('--plan', 'pro');
    expect(ids).toEqual(idsOf(({ plan }) => plan === 'pro'));
    expect(await exported('--plan', 'pro', '--plan', 'basic')).toEqual(
      idsOf(({ plan }) => plan === 'pro' || plan === 'basic'),
    );
    expect(ids.length).toBeGreaterThan(10);
  });

  it('by plan within a range, knowing the plans from before it', async () => {
    const ids = await exported('--plan', 'free', '--from', at(2_000).position, '--type', 'LicenseActivated');
    expect(ids).toEqual(
      idsOf(({ plan, type }, i) => i >= 2_000 && plan === 'free' && type === 'LicenseActivated'),
    );
    expect(ids.length).toBeGreaterThan(10);
  });

  it('by time: since inclusive, until exclusive', async () => {
    const [since, until] = [at(1_000).time, at(2_000).time];
    const { code, stdout, stderr } = await system.replay(['--since', iso(since), '--until', iso(until)]);
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^The whole log is read: /),
    });
    const ids = lines<{ event_id: string }>(stdout).map(({ event_id }) => event_id);
    expect(ids).toEqual(idsOf(({ time }) => time >= since && time < until));
    expect(ids).toContain(at(1_000).id);
    expect(ids).not.toContain(at(2_000).id);
  });

  it('by position: from and to inclusive, after exclusive', async () => {
    const [first, last] = [at(1_000).position, at(1_009).position];
    expect(await exported('--from', first, '--to', last)).toEqual(idsOf((_, i) => i >= 1_000 && i <= 1_009));
    expect(await exported('--after', first, '--to', last)).toEqual(idsOf((_, i) => i > 1_000 && i <= 1_009));
    expect(await exported('--from', first, '--to', first)).toEqual([at(1_000).id]);
    expect(await exported('--after', at(3_006).position)).toEqual([]);
    const { userId } = at(1_005);
    expect(await exported('--user', userId, '--from', at(1_005).position, '--to', last)).toEqual(
      idsOf((event, i) => event.userId === userId && i >= 1_005 && i <= 1_009),
    );
  });

  it('refuses a range that begins where this log has no event', async () => {
    const { code, stderr } = await system.replay(['--from', '123456789/123456789']);
    expect(code).toBe(2);
    expect(stderr).toContain('--from: no event stands at 123456789/123456789');
  });
});

describe('replay, while events go on coming', () => {
  it('ends where the log ended at its start', async () => {
    let writing = true;
    const author = system.author();
    await author.signUp();
    const writer = (async () => {
      while (writing) await author.activate('machine');
    })();
    try {
      const { code, stdout } = await system.replay([]);
      expect(code).toBe(0);
      expect(lines(stdout).length).toBeGreaterThanOrEqual(3_002);
    } finally {
      writing = false;
      await writer;
    }
  });
});
