import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { CommandRequest } from '../../../command-service/execute/requests.ts';
import { activate, codeOf, done, keyed, licenseOf, OPERATOR, signUp, subscribe } from './nodes.ts';
import { backend, one, other } from './two-nodes.ts';

const HOUR = 3_600_000;
const ROUTE = 'POST /v1/activations';
/** As Nginx names a request, in each attempt to have it answered. */
const attempt = (key: string, route = ROUTE) => ({ retry: { key, route } });

describe('the same idempotency key', () => {
  it('sent to both nodes at once, a hundred times over: one license each, named by every answer', async () => {
    const customer = await subscribe(one, 'enterprise');
    const rounds = Array.from({ length: 100 }, (_, n) => `client-${n}`);
    const answers = await Promise.all(
      rounds.map(async (clientId) => {
        const request = customer.request(activate(clientId), keyed(randomUUID(), { client_id: clientId }));
        const outcomes = await Promise.all([one.execute(request), other.execute(request)]);
        return { clientId, licenses: outcomes.map(licenseOf), outcomes };
      }),
    );
    const events = await backend.stream(`user-${customer.userId}`);
    const licenses = events.filter(({ type }) => type === 'LicenseActivated');
    expect(licenses).toHaveLength(100);
    for (const { clientId, licenses: named, outcomes } of answers) {
      const inLog = licenses.find(({ data }) => data.clientId === clientId);
      expect(named).toEqual([inLog?.data.licenseId, inLog?.data.licenseId]);
      expect(outcomes.filter((outcome) => done(outcome).repeated)).toHaveLength(1);
    }
  }, 60_000);

  it('gives the first answer again, whatever happened since: on this node, another, and after a restart', async () => {
    const { subscriptionId, ...customer } = await subscribe(one);
    const suspend = { type: 'SuspendSubscription', subscriptionId } as const;
    const request = customer.request(suspend, { caller: OPERATOR, ...keyed('k-1', { reason: 'x' }) });
    const first = done(await one.execute(request));
    done(
      await one.execute(
        customer.request({ ...suspend, type: 'ReinstateSubscription' }, { caller: OPERATOR }),
      ),
    );
    for (const node of [one, other, backend.node()]) {
      expect(await node.execute(request)).toEqual({ ...first, repeated: true });
    }
    expect(first.subject).toMatchObject({ subscription: { suspended: true } });
    expect(await backend.types(`user-${customer.userId}`)).toHaveLength(4);
  });

  it('with another body is refused; of another caller or route it is another key', async () => {
    const customer = await subscribe(one);
    done(await one.execute(customer.request(activate('a'), keyed('k', { client_id: 'a' }))));
    for (const node of [one, other]) {
      const reused = customer.request(activate('b'), keyed('k', { client_id: 'b' }));
      expect(codeOf(await node.execute(reused))).toBe('idempotency_key_reused');
    }
    const elsewhere = customer.request(activate('b'), keyed('k', { client_id: 'b' }, 'POST /v1/elsewhere'));
    expect(done(await one.execute(elsewhere))).toMatchObject({ changed: true, repeated: false });
  });

  it('of a refusal or a "nothing to do" is decided again', async () => {
    const customer = await signUp(one);
    const request = customer.request(activate('a'), keyed('k', {}));
    expect(codeOf(await one.execute(request))).toBe('no_active_subscription');
    const start = {
      type: 'StartSubscription',
      plan: 'free',
      quantity: 1,
      trial: false,
      period: { months: 1 },
    } as const;
    done(await one.execute(customer.request(start)));
    expect(done(await one.execute(request))).toMatchObject({ changed: true, repeated: false });
  });

  it('is forgotten after 24 hours', async () => {
    const node = backend.node();
    const customer = await subscribe(node);
    const request = customer.request(activate('a'), keyed('k', {}));
    const startedAt = Date.now();
    node.now = () => startedAt;
    expect(done(await node.execute(request)).repeated).toBe(false);
    node.now = () => startedAt + 24 * HOUR - 1;
    expect(done(await node.execute(request)).repeated).toBe(true);
    node.now = () => startedAt + 24 * HOUR;
    expect(done(await node.execute(request))).toMatchObject({ changed: false, repeated: false });
  });

  it('makes a renewal by months safe to repeat', async () => {
    const { subscriptionId, ...customer } = await subscribe(one);
    const renew = { type: 'RenewSubscription', subscriptionId, period: { months: 1 } } as const;
    const request = customer.request(renew, { ...keyed('k', { months: 1 }), caller: OPERATOR });
    const outcomes = await Promise.all([one, other, one, other].map((node) => node.execute(request)));
    const [first, ...others] = outcomes.map(done);
    for (const repeated of others) expect(repeated.subject).toEqual(first?.subject);
    expect(await backend.types(`user-${customer.userId}`)).toHaveLength(3);
  });
});

describe('what a proxy sends twice, of a caller who gave no key', () => {
  it('to both nodes at once: one effect, and both answers name it', async () => {
    const customer = await subscribe(one, 'enterprise');
    const renewed = customer.subscriptionId;
    const before = await backend.types(`user-${customer.userId}`);
    for (let round = 0; round < 20; round += 1) {
      const renew = { type: 'RenewSubscription', subscriptionId: renewed, period: { months: 1 } } as const;
      const request = customer.request(renew, { caller: OPERATOR, ...attempt(randomUUID()) });
      const outcomes = await Promise.all([one.execute(request), other.execute(request)]);
      const [first, second] = outcomes.map(done);
      expect(second?.subject).toEqual(first?.subject);
      expect(second?.revision).toBe(first?.revision);
    }
    expect(await backend.types(`user-${customer.userId}`)).toHaveLength(before.length + 20);
  });

  it('after the first attempt was carried out and its answer lost: a sign-up is answered as it was', async () => {
    const request = {
      email: `${randomUUID()}@example.com`,
      password: 'a password',
      correlationId: 'test',
      ...attempt(randomUUID(), 'POST /v1/signup'),
    };
    const first = done(await one.signUp(request));
    expect(done(await other.signUp(request))).toEqual({ ...first, repeated: true });
    expect(codeOf(await other.signUp({ ...request, ...attempt(randomUUID(), 'POST /v1/signup') }))).toBe(
      'email_taken',
    );
  });

  it('is never taken for another request: not for the next one, nor for one with that text as its own key', async () => {
    const { subscriptionId, ...customer } = await subscribe(one);
    const key = randomUUID();
    const renew = { type: 'RenewSubscription', subscriptionId, period: { months: 1 } } as const;
    const byStaff = (more: Partial<CommandRequest>) => customer.request(renew, { ...more, caller: OPERATOR });
    const outcomes = [
      await one.execute(byStaff(attempt(key))),
      await one.execute(byStaff(attempt(randomUUID()))),
      await one.execute(byStaff(keyed(key, {}, ROUTE))),
      await one.execute(byStaff({ ...keyed('own', {}), ...attempt(key) })),
    ];
    expect(outcomes.map((outcome) => done(outcome).repeated)).toEqual([false, false, false, false]);
    expect(new Set(outcomes.map((outcome) => done(outcome).revision)).size).toBe(4);
  });

  it('of a caller who gave a key: that one decides, also about another body', async () => {
    const customer = await subscribe(one);
    const first = customer.request(activate('a'), { ...keyed('k', { client_id: 'a' }), ...attempt('1') });
    const second = customer.request(activate('b'), { ...keyed('k', { client_id: 'b' }), ...attempt('1') });
    expect(done(await one.execute(first)).changed).toBe(true);
    expect(codeOf(await other.execute(second))).toBe('idempotency_key_reused');
  });
});
