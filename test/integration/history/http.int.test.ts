import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { QueryService } from '../../../query-service/app.ts';
import { ask } from '../../support/api.ts';
import { createDatabase } from '../../support/databases.ts';
import { eventually } from '../../support/eventually.ts';
import { startRedis } from '../../support/servers.ts';
import { instant, newId } from '../projector/author.ts';
import { createSystem, type System } from '../projector/system.ts';
import { createSystem as createQuerySystem, type TestSystem } from '../query-service/query-node.ts';
import { knownHistory } from './moments.ts';

let system: System;
let query: TestSystem;
let node: QueryService;
let known: Awaited<ReturnType<typeof knownHistory>>;
let operator: string;
let analyst: string;
const held = new AsyncDisposableStack();
beforeAll(async () => {
  system = held.use(await createSystem());
  const redis = held.use(await startRedis());
  await system.project();
  known = await knownHistory(system);
  // With read models of its own: a history comes from the log alone.
  const database = held.use(await createDatabase());
  query = held.use(await createQuerySystem({ databaseUrl: database.url, redis }));
  node = await query.startNode({}, { EVENTSTORE_URL: system.env().EVENTSTORE_URL });
  operator = await query.accessToken('ops', 'operator');
  analyst = await query.accessToken('ana', 'analyst');
});
afterAll(() => held.disposeAsync());

const history = (userId: string, search = '', token = operator, headers: Record<string, string> = {}) =>
  ask(node.url, `/v1/users/${userId}/history${search}`, { token, headers });
const at = (i: number) => instant(known.moments[i]?.at ?? 0);
type Event = {
  readonly type: string;
  readonly revision: number;
  readonly state: { subscription: { status: string } };
};
const eventsOf = (body: Record<string, unknown>) => body.events as Event[];

describe('a history over HTTP', () => {
  test('has the events up to a time, the state after each, and the state as of the time', async () => {
    const { anna, ids } = known;
    const answer = await history(anna.userId, `?as_of=${at(5)}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
    expect(answer.body).toMatchObject({
      user_id: anna.userId,
      as_of: at(5),
      next_cursor: null,
      state: {
        status: 'active',
        subscription: { subscription_id: ids.pro, status: 'active', created_at: at(1), updated_at: at(1) },
        license_counts: { active: 1, deactivated: 0, revoked: 1 },
        licenses: [
          { license_id: ids.desk, client_id: 'desk', status: 'revoked', updated_at: at(5) },
          { license_id: ids.laptop, client_id: 'laptop', status: 'active' },
        ],
        created_at: at(0),
        updated_at: at(5),
      },
    });
    expect(eventsOf(answer.body)).toHaveLength(5);
    expect(eventsOf(answer.body)[2]).toMatchObject({
      revision: 2,
      type: 'LicenseActivated',
      time: at(2),
      actor: { role: 'system', id: 'test' },
      schema_version: 1,
      data: { userId: anna.userId, licenseId: ids.desk, subscriptionId: ids.pro, clientId: 'desk' },
      state: { status: 'active', licenses: { active: 1, deactivated: 0, revoked: 0 } },
      fault: null,
    });
  });

  test('judges the subscription at that time, not now', async () => {
    const status = async (asOf: string) => {
      const { body } = await history(known.ben.userId, `?as_of=${encodeURIComponent(asOf)}`);
      return (body.state as { subscription: { status: string } }).subscription.status;
    };
    const { start } = known;
    const day = 86_400_000;
    expect(await status(at(3))).toBe('active');
    expect(await status(instant(start + 31 * day))).toBe('grace');
    expect(await status(instant(start + 60 * day).replace('Z', '+00:00'))).toBe('expired');
  });

  test('is the same for operators and analysts, and names no person', async () => {
    const { anna, ben, cleo } = known;
    for (const { userId, email } of [anna, ben, cleo]) {
      const answers = await Promise.all([history(userId), history(userId, '', analyst)]);
      const [one, other] = answers.map(({ status, body: { as_of: _, ...body } }) => ({ status, body }));
      expect(one).toEqual(other);
      for (const text of [email, 'of somebody', 'lost', 'eyJ', 'personal', 'email"'])
        expect(JSON.stringify(one)).not.toContain(text);
    }
    const erased = await history(anna.userId);
    expect(erased.body).toMatchObject({ state: { status: 'erased' } });
    expect(eventsOf(erased.body).at(-1)).toMatchObject({ type: 'UserErased', state: { status: 'erased' } });
  });

  test('is not for users, nor for nobody', async () => {
    const own = await query.accessToken((await query.readModel.addUser()).userId);
    expect(await history(known.ben.userId, '', own)).toMatchObject({ status: 403 });
    expect(await ask(node.url, `/v1/users/${known.ben.userId}/history`)).toMatchObject({ status: 401 });
  });

  test('comes in pages, of which the first has the state', async () => {
    const all = eventsOf((await history(known.anna.userId)).body);
    const paged: Event[] = [];
    let cursor = '';
    for (let page = 0; page === 0 || cursor !== ''; page++) {
      const { body } = await history(known.anna.userId, `?limit=3${cursor && `&cursor=${cursor}`}`);
      expect(body.state === null).toBe(page > 0);
      paged.push(...eventsOf(body));
      cursor = String(body.next_cursor ?? '');
    }
    expect(paged).toEqual(all);
    expect(paged.map(({ revision }) => revision)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const exact = await history(known.anna.userId, '?limit=8');
    expect(exact.body.next_cursor).toBeNull();
    expect((await history(known.anna.userId, '?cursor=7')).body.events).toEqual([]);
  });

  test('is there as soon as the event is, whatever position is asked for', async () => {
    const { userId, append } = known.cleo;
    const position = await append({
      type: 'PasswordChanged',
      data: { userId, personal: { passwordHash: 'x' } },
    });
    const answer = await history(userId, '', operator, { 'Min-Event-Position': position });
    expect(eventsOf(answer.body).at(-1)).toMatchObject({ type: 'PasswordChanged', position });
  });

  test('before the sign-up is empty, and of nobody is not found', async () => {
    const early = await history(known.cleo.userId, `?as_of=${at(0)}`);
    expect(early).toMatchObject({ status: 200, body: { state: null, events: [], next_cursor: null } });
    expect(await history(newId())).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  test.each([
    ['?as_of=yesterday', '?as_of'],
    ['?as_of=2026-01-31', '?as_of'],
    ['?as_of=2026-01-31T00:00:00', '?as_of'],
    ['?as_of=2026-02-30T00:00:00Z', '?as_of'],
    ['?as_of=', '?as_of'],
    ['?limit=0', '?limit'],
    ['?cursor=-1', '?cursor'],
    ['?until=1', '?until'],
  ])('%s is refused, and the field is named', async (search, pointer) => {
    const answer = await history(known.ben.userId, search);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ pointer }] } });
  });

  test('shows what the read models do not hold, and says why', async () => {
    const user = system.author();
    const { userId } = user;
    await user.signUp();
    const data = { userId, licenseId: newId(), clientId: 'x', personal: {} };
    await user.append({ type: 'LicenseRevoked', data });
    await user.activate('behind');
    const { body } = await history(userId);
    expect(body).toMatchObject({
      state: { licenses: [] },
      events: [
        { fault: null },
        { fault: 'its user has no such license' },
        { fault: 'an earlier event of this user is parked' },
      ],
    });
  });

  test('of a schema that this node does not know is a 503', async () => {
    const user = system.author();
    await user.signUp();
    const event = await user.encode({
      type: 'PasswordChanged',
      data: { userId: user.userId, personal: { passwordHash: 'x' } },
    });
    await user.appendRaw({ ...event, type: 'SomethingNew' });
    const unknown = await history(user.userId);
    expect(unknown).toMatchObject({ status: 503, body: { code: 'schema_too_new' } });
    expect(unknown.headers.get('Retry-After')).toBe('1');
  });

  test('of ten thousand events is read in bounds, and few at once', async () => {
    const user = system.author();
    const { userId } = user;
    await user.signUp();
    const change = { type: 'PasswordChanged', data: { userId, personal: { passwordHash: 'x' } } } as const;
    for (let i = 0; i < 20; i++) await user.append(...Array.from({ length: 100 }, () => change));
    const answers = await Promise.all(Array.from({ length: 12 }, () => history(userId, '?limit=100')));
    const codes = new Set(answers.map(({ status, body }) => body.code ?? status));
    expect([...codes].sort()).toEqual([200, 'busy']);
    expect(await history(userId, '?cursor=1950&limit=100')).toMatchObject({
      body: { events: { length: 50 }, next_cursor: null },
    });
  });
});

describe('without the event store', () => {
  test('histories alone answer 503, and come back with it', async () => {
    const resource = `/v1/users/${known.ben.userId}/history`;
    const user = await query.readModel.addUser();
    const get = (path: string) => ask(node.url, path, { token: operator });
    expect(await get(resource)).toMatchObject({ status: 200 });
    await system.replaceStore(undefined, async () => {
      const away = await get(resource);
      expect(away).toMatchObject({ status: 503, body: { code: 'event_store_unavailable' } });
      expect(away.headers.get('Retry-After')).toBe('1');
      expect(await get(`/v1/users/${user.userId}`)).toMatchObject({ status: 200 });
      expect(await get('/health/ready')).toMatchObject({ status: 200 });
    });
    await eventually('it answers again', async () => (await get(resource)).status === 200);
  });

  test('a node that was not told of it says so', async () => {
    const other = await query.startNode();
    const answer = await ask(other.url, `/v1/users/${known.ben.userId}/history`, { token: operator });
    expect(answer).toMatchObject({ status: 503, body: { code: 'event_store_unavailable' } });
    expect(answer.headers.get('Retry-After')).toBe('1');
    expect(await ask(other.url, '/health/ready')).toMatchObject({ status: 200 });
  });
});
