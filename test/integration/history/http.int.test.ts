import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../../support/requests/api.ts';
import { instant, newId } from '../projector/author.ts';
import { createHistories, type Histories } from './histories.ts';

let it: Histories;
beforeAll(async () => {
  it = await createHistories();
});
afterAll(() => it[Symbol.asyncDispose]());

const history = (userId: string, search = '', token = it.operator, headers: Record<string, string> = {}) =>
  ask(it.node.url, `/v1/users/${userId}/history${search}`, { token, headers });
const at = (i: number) => instant(it.known.moments[i]?.at ?? 0);
type Event = {
  readonly type: string;
  readonly revision: number;
  readonly time: string;
  readonly state: { subscription: { status: string } };
};
const eventsOf = (body: Record<string, unknown>) => body.events as Event[];

describe('a history over HTTP', () => {
  test('has the events up to a time, the state after each, and the state as of the time', async () => {
    const { anna, ids } = it.known;
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
      schema_version: 2,
      data: { userId: anna.userId, licenseId: ids.desk, subscriptionId: ids.pro, clientId: 'desk' },
      state: { status: 'active', licenses: { active: 1, deactivated: 0, revoked: 0 } },
      fault: null,
    });
  });

  test('without a time has all that is written, whatever the clock of the node says', async () => {
    const behind = await it.query.startNode(
      { clock: () => Date.now() - 20_000 },
      { EVENTSTORE_URL: it.system.env().EVENTSTORE_URL },
    );
    const user = it.system.author();
    await user.signUp();
    const token = await it.query.accessToken('ops', 'operator');
    const { status, body } = await ask(behind.url, `/v1/users/${user.userId}/history`, { token });
    expect(status).toBe(200);
    expect(eventsOf(body).map(({ type }) => type)).toEqual(['UserSignedUp']);
    // As of the last event: before that it would contradict it.
    expect(body.as_of).toBe(eventsOf(body)[0]?.time);
  });

  test('judges the subscription at that time, not now', async () => {
    const status = async (asOf: string) => {
      const { body } = await history(it.known.ben.userId, `?as_of=${encodeURIComponent(asOf)}`);
      return (body.state as { subscription: { status: string } }).subscription.status;
    };
    const { start } = it.known;
    const day = 86_400_000;
    expect(await status(at(3))).toBe('active');
    expect(await status(instant(start + 31 * day))).toBe('grace');
    expect(await status(instant(start + 60 * day).replace('Z', '+00:00'))).toBe('expired');
  });

  test('is the same for operators and analysts, and names no person', async () => {
    const { anna, ben, cleo } = it.known;
    for (const { userId, email } of [anna, ben, cleo]) {
      const answers = await Promise.all([history(userId), history(userId, '', it.analyst)]);
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
    const own = await it.query.accessToken((await it.query.readModel.addUser()).userId);
    expect(await history(it.known.ben.userId, '', own)).toMatchObject({ status: 403 });
    expect(await ask(it.node.url, `/v1/users/${it.known.ben.userId}/history`)).toMatchObject({ status: 401 });
  });

  test('comes in pages, of which the first has the state', async () => {
    const all = eventsOf((await history(it.known.anna.userId)).body);
    const paged: Event[] = [];
    let cursor = '';
    for (let page = 0; page === 0 || cursor !== ''; page++) {
      const { body } = await history(it.known.anna.userId, `?limit=3${cursor && `&cursor=${cursor}`}`);
      expect(body.state === null).toBe(page > 0);
      paged.push(...eventsOf(body));
      cursor = String(body.next_cursor ?? '');
    }
    expect(paged).toEqual(all);
    expect(paged.map(({ revision }) => revision)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const exact = await history(it.known.anna.userId, '?limit=8');
    expect(exact.body.next_cursor).toBeNull();
    expect((await history(it.known.anna.userId, '?cursor=7')).body.events).toEqual([]);
  });

  test('is there as soon as the event is, whatever position is asked for', async () => {
    const { userId, append } = it.known.cleo;
    const position = await append({
      type: 'PasswordChanged',
      data: { userId, personal: { passwordHash: 'x' } },
    });
    const answer = await history(userId, '', it.operator, { 'Min-Event-Position': position });
    expect(eventsOf(answer.body).at(-1)).toMatchObject({ type: 'PasswordChanged', position });
  });

  test('before the sign-up is empty, and of nobody is not found', async () => {
    const early = await history(it.known.cleo.userId, `?as_of=${at(0)}`);
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
    const answer = await history(it.known.ben.userId, search);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ pointer }] } });
  });

  test('shows what the read models do not hold, and says why', async () => {
    const user = it.system.author();
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
    const user = it.system.author();
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
    const user = it.system.author();
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
