import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  EventStoreUnavailable,
  OutcomeUnknown,
  WrongExpectedRevision,
} from '../../../shared/event-log/errors.ts';
import { UnknownEvent } from '../../../shared/events/errors.ts';
import { activate, codeOf, done, keyed, licenseOf, type Node, OPERATOR, subscribe } from './nodes.ts';
import { backend, one, other } from './two-nodes.ts';

const licensesOf = async (userId: string) =>
  (await backend.stream(`user-${userId}`)).filter(({ type }) => type === 'LicenseActivated');

describe('the usual command', () => {
  it('costs one append and no read', async () => {
    const customer = await subscribe(one);
    const before = { appends: one.appends.length, reads: one.reads.length };
    const outcome = done(await one.execute(customer.request(activate('a'))));
    expect(outcome).toMatchObject({ changed: true, repeated: false, revision: 2 });
    expect(one.appends.length - before.appends).toBe(1);
    expect(one.reads.length - before.reads).toBe(0);
  });

  it('answers what a reader of the log finds: revision, position and time', async () => {
    const customer = await subscribe(one);
    const outcome = done(await one.execute(customer.request(activate('a'))));
    const again = done(await other.execute(customer.request(activate('a'))));
    const [event] = await licensesOf(customer.userId);
    expect(outcome.position).toEqual(event?.position);
    expect(outcome.revision).toBe(event?.revision);
    expect(again).toMatchObject({ changed: false, subject: outcome.subject, revision: outcome.revision });
  });

  it('on a state that is behind is decided again, on what the other node wrote', async () => {
    const customer = await subscribe(one, 'free');
    expect(codeOf(await other.execute(customer.request(activate('a'))))).toBe('done');
    expect(codeOf(await one.execute(customer.request(activate('b'))))).toBe('client_limit_reached');
    await other.execute(customer.request({ type: 'DeactivateClient', clientId: 'a' }));
    expect(codeOf(await one.execute(customer.request(activate('b'))))).toBe('done');
  });
});

describe('an answer that is no append', () => {
  it('rests on a read to the end: a refusal and a "nothing to do" see what another node wrote', async () => {
    const customer = await subscribe(one);
    const { subscriptionId } = customer;
    const suspend = { type: 'SuspendSubscription', subscriptionId } as const;
    const request = customer.request(suspend, { caller: OPERATOR });
    done(await one.execute(request));
    done(
      await other.execute(
        customer.request({ ...suspend, type: 'ReinstateSubscription' }, { caller: OPERATOR }),
      ),
    );
    // By its kept state there would be nothing to do.
    expect(done(await one.execute(request))).toMatchObject({ changed: true, revision: 4 });
    // By its kept state the subscription would not be suspended.
    expect(codeOf(await other.execute(customer.request(activate('a'))))).toBe('subscription_suspended');
  });
});

describe('two hundred activations at once over two nodes', () => {
  it('on a plan with ten: exactly ten succeed, and the log shows ten', async () => {
    const customer = await subscribe(one);
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        [one, other][n % 2]?.execute(customer.request(activate(`c-${n}`))),
      ),
    );
    const codes = outcomes.map((outcome) => outcome && codeOf(outcome));
    expect(codes.filter((code) => code === 'done')).toHaveLength(10);
    expect(codes.filter((code) => code === 'client_limit_reached')).toHaveLength(190);
    expect(await licensesOf(customer.userId)).toHaveLength(10);
  }, 60_000);

  it('within the plan’s number all succeed, whoever wrote first', async () => {
    const customer = await subscribe(one, 'enterprise');
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        [one, other][n % 2]?.execute(customer.request(activate(`c-${n}`))),
      ),
    );
    expect(new Set(outcomes.map((outcome) => outcome && codeOf(outcome)))).toEqual(new Set(['done']));
    expect(await licensesOf(customer.userId)).toHaveLength(200);
  }, 60_000);
});

describe('a command that others always overtake', () => {
  it('is refused as a conflict in the end, and was not done', async () => {
    const told: string[] = [];
    const node = backend.node({ retryForMs: 100, onAppend: (_, outcome) => told.push(outcome) });
    const customer = await subscribe(node);
    node.append = (_, stream) => Promise.reject(new WrongExpectedRevision(stream));
    expect(codeOf(await node.execute(customer.request(activate('a'))))).toBe('conflict');
    expect(await licensesOf(customer.userId)).toHaveLength(0);
    expect(told.slice(0, 3)).toEqual(['appended', 'appended', 'appended']);
    expect(told.slice(3).length).toBeGreaterThanOrEqual(3);
    expect(new Set(told.slice(3))).toEqual(new Set(['conflict']));
  });
});

describe('an event store that is unreachable', () => {
  it('is a fault, for the append and for the read; then everything goes on', async () => {
    const node = backend.node();
    const customer = await subscribe(node);
    node.append = () => Promise.reject(new EventStoreUnavailable());
    await expect(node.execute(customer.request(activate('a')))).rejects.toThrow(EventStoreUnavailable);
    node.append = (send) => send();
    expect(codeOf(await node.execute(customer.request(activate('a'))))).toBe('done');
  });

  it('right after an append of unknown outcome leaves the outcome unknown', async () => {
    const node = backend.node();
    const customer = await subscribe(node);
    node.append = () => {
      node.append = () => Promise.reject(new EventStoreUnavailable());
      return Promise.reject(new OutcomeUnknown());
    };
    await expect(node.execute(customer.request(activate('a')))).rejects.toThrow(OutcomeUnknown);
  });
});

describe('an append whose outcome is unknown', () => {
  const lose = (node: Node, how: 'after' | 'before' | 'late') => {
    node.append = async (send) => {
      node.append = async (again) => {
        // Behind the read that looked for it, and before it is tried again.
        if (how === 'late') await send();
        return again();
      };
      if (how === 'after') await send();
      throw new OutcomeUnknown();
    };
  };

  it.each(['after', 'before', 'late'] as const)(
    'that was lost %s the append lands is one event',
    async (how) => {
      const node = backend.node();
      const customer = await subscribe(node);
      lose(node, how);
      const outcome = done(await node.execute(customer.request(activate('a'))));
      const licenses = await licensesOf(customer.userId);
      expect(licenses.map(({ data }) => data.licenseId)).toEqual([licenseOf(outcome)]);
      expect(outcome.changed).toBe(true);
      expect(outcome.position).toEqual(licenses[0]?.position);
    },
  );

  it('is tried again as it was, not decided again: what may still land can’t be refused meanwhile', async () => {
    const node = backend.node();
    const customer = await subscribe(node);
    node.append = (send) => {
      node.now = () => Date.now() + 1_000 * 86_400_000; // the subscription is over by now
      node.append = (again) => send().then(again);
      return Promise.reject(new OutcomeUnknown());
    };
    const outcome = await node.execute(customer.request(activate('a')));
    expect((await licensesOf(customer.userId)).map(({ data }) => data.licenseId)).toEqual([
      licenseOf(outcome),
    ]);
  });

  it('is thrown if it stays so: nobody is told that nothing happened', async () => {
    const node = backend.node();
    const customer = await subscribe(node);
    node.append = () => Promise.reject(new OutcomeUnknown());
    await expect(node.execute(customer.request(activate('a')))).rejects.toThrow(OutcomeUnknown);
    node.append = (send) => send();
    expect(codeOf(await node.execute(customer.request(activate('a'))))).toBe('done');
    expect(await licensesOf(customer.userId)).toHaveLength(1);
  });
});

describe('If-Match', () => {
  it('lets a command through at that revision, also if this node is behind, and no other', async () => {
    const customer = await subscribe(one);
    done(await other.execute(customer.request(activate('a'))));
    expect(await one.execute(customer.request(activate('b'), { ifMatch: [1] }))).toEqual({
      kind: 'rejected',
      rejection: { code: 'precondition_failed', revision: 2 },
    });
    expect(done(await one.execute(customer.request(activate('b'), { ifMatch: [2] }))).revision).toBe(3);
    expect(codeOf(await other.execute(customer.request(activate('c'), { ifMatch: [2] })))).toBe(
      'precondition_failed',
    );
  });

  it('does not keep a repeated command from its answer', async () => {
    const customer = await subscribe(one);
    const request = customer.request(activate('a'), { ifMatch: [1], ...keyed('k', {}) });
    const first = done(await one.execute(request));
    expect(await other.execute(request)).toEqual({ ...first, repeated: true });
  });
});

describe('an event that this node does not know', () => {
  it('stops the commands of its user, and of nobody else', async () => {
    const node = backend.node();
    const [stopped, free] = [await subscribe(node), await subscribe(node)];
    const [, last] = await backend.stream(`user-${stopped.userId}`);
    const event = { id: randomUUID(), type: 'SubscriptionPaused', data: {}, metadata: last?.metadata ?? {} };
    await backend.log.append(`user-${stopped.userId}`, 1, [event], { deadlineMs: 5_000 });
    await expect(node.execute(stopped.request(activate('a')))).rejects.toThrow(UnknownEvent);
    await expect(node.execute(stopped.request(activate('a')))).rejects.toThrow(UnknownEvent);
    expect(codeOf(await node.execute(free.request(activate('a'))))).toBe('done');
    expect(await backend.types(`user-${stopped.userId}`)).toHaveLength(3);
  });
});
