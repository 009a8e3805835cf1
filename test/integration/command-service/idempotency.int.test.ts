import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  activate,
  Backend,
  codeOf,
  done,
  keyed,
  licenseOf,
  type Node,
  OPERATOR,
  signUp,
  subscribe,
} from './nodes.ts';

let backend: Backend;
let one: Node;
let other: Node;

beforeAll(async () => {
  backend = await Backend.start();
  one = backend.node();
  other = backend.node();
});
afterAll(() => backend.close());

const HOUR = 3_600_000;

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
    const start = { type: 'StartSubscription', plan: 'free', period: { months: 1 } } as const;
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
    const request = customer.request(renew, keyed('k', { months: 1 }));
    const outcomes = await Promise.all([one, other, one, other].map((node) => node.execute(request)));
    const [first, ...others] = outcomes.map(done);
    for (const repeated of others) expect(repeated.subject).toEqual(first?.subject);
    expect(await backend.types(`user-${customer.userId}`)).toHaveLength(3);
  });
});
