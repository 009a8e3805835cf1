import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CommandService } from '../../../../command-service/app.ts';
import { type ProjectorService, startProjector } from '../../../../projector/app.ts';
import { readProjectorConfig } from '../../../../projector/config.ts';
import { createLogger } from '../../../../shared/process/logger.ts';
import { type ApiAnswer, type Customer, signUp } from '../../../support/requests/api.ts';
import { startRedis, type TestServer } from '../../../support/servers/servers.ts';
import { askChecked } from '../ask-checked.ts';
import { type CommandNode, startCommandNode } from '../command-node.ts';

const DAY = 86_400_000;

let redis: TestServer;
let node: CommandNode;
let other: CommandService;
let projector: ProjectorService;
let billing: string;
beforeAll(async () => {
  redis = await startRedis();
  node = await startCommandNode({ settings: { REDIS_URL: redis.url } });
  other = await node.another();
  const logger = createLogger({ service: 'projector', level: 'silent' });
  projector = await startProjector({ config: readProjectorConfig(node.settings), logger });
  billing = await node.operatorToken();
});
afterAll(async () => {
  await projector.stop();
  await node[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

type Change =
  | { readonly kind: 'renew'; readonly days: number }
  | { readonly kind: 'change-plan'; readonly plan: string; readonly quantity: number }
  | { readonly kind: 'cancel'; readonly immediately: boolean }
  | { readonly kind: 'uncancel' };

/** What a billing provider says of a customer's `n`-th subscription. */
type Delivery = { readonly id: string; readonly n: number } & ({ readonly kind: 'start' } | Change);

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('renew' as const), days: fc.integer({ min: 20, max: 900 }) }),
  fc.record({
    kind: fc.constant('change-plan' as const),
    plan: fc.constantFrom('basic', 'pro'),
    quantity: fc.integer({ min: 1, max: 3 }),
  }),
  fc.constant({ kind: 'cancel' as const, immediately: false }),
  fc.constant({ kind: 'uncancel' as const }),
);

/** A provider tells of what has changed: nothing is cancelled or withdrawn twice, or renewed while it is cancelled. */
function happening(changes: readonly Change[]): Change[] {
  let isCancelled = false;
  let bought = 'pro 1';
  return changes.filter((one) => {
    if (one.kind === 'renew') return !isCancelled;
    if (one.kind === 'change-plan') {
      const before = bought;
      bought = `${one.plan} ${one.quantity}`;
      return bought !== before;
    }
    if ((one.kind === 'cancel') === isCancelled) return false;
    isCancelled = !isCancelled;
    return true;
  });
}

/** A customer's history as the provider has it: subscriptions one after the other, each started, changed, and ended. */
const histories = fc
  .array(fc.array(change, { minLength: 2, maxLength: 6 }), { minLength: 1, maxLength: 3 })
  .map((subscriptions) =>
    subscriptions.flatMap((changes, n): Delivery[] =>
      [{ kind: 'start' as const }, ...happening(changes), { kind: 'cancel' as const, immediately: true }].map(
        (step) => ({ ...step, n, id: randomUUID() }),
      ),
    ),
  );

/** For each delivery: how many later ones come before each of its further copies. */
const copies = fc.array(fc.array(fc.nat({ max: 10 }), { maxLength: 4 }), { minLength: 24, maxLength: 24 });

/** The seller's side of it: what its billing service asks for, for one customer. */
class Account {
  readonly customer: Customer;
  /** When the customer came: the provider's dates count from there. */
  readonly #since = Date.now();
  readonly #subscriptions = new Map<number, string>();

  constructor(customer: Customer) {
    this.customer = customer;
  }

  #at(days: number): string {
    return new Date(this.#since + days * DAY).toISOString();
  }

  #externalId(n: number): string {
    return `sub_${n}_${this.customer.userId}`;
  }

  async start(url: string, n: number): Promise<ApiAnswer> {
    const answer = await askChecked(url, '/v1/subscriptions', {
      token: billing,
      body: {
        user_id: this.customer.userId,
        plan: 'pro',
        start_date: this.#at(0),
        end_date: this.#at(30),
        external_id: this.#externalId(n),
      },
    });
    if (answer.status < 300) this.#subscriptions.set(n, String(answer.body.subscription_id));
    return answer;
  }

  deliver(url: string, delivery: Delivery): Promise<ApiAnswer> {
    const { id, n, kind, ...body } = delivery;
    if (delivery.kind === 'start') return this.start(url, n);
    const path = `/v1/subscriptions/${this.#subscriptions.get(n)}/${kind}`;
    return askChecked(url, path, {
      method: 'POST',
      token: billing,
      body: delivery.kind === 'renew' ? { end_date: this.#at(delivery.days) } : body,
      // Towards an end date there is no need of one: it may come years late.
      headers: delivery.kind === 'renew' ? {} : { 'Idempotency-Key': id },
    });
  }

  /** What has become of each subscription, and of how many events that is made. */
  async outcome(count: number) {
    const shown = [];
    for (let n = 0; n < count; n += 1) {
      const { status, body, headers } = await this.start(node.url, n);
      const { plan_type, quantity, status: state, cancelled_by } = body;
      shown.push({ status, plan_type, quantity, state, cancelled_by, revision: headers.get('ETag') });
    }
    return shown;
  }
}

interface Sent {
  readonly delivery: Delivery;
  readonly isFirst: boolean;
}

/** The deliveries as they come in: the first copies in order, the others later, out of order. */
const repeated = (history: readonly Delivery[], late: readonly (readonly number[])[]): Sent[] =>
  history
    .flatMap((delivery, index) => [
      { delivery, isFirst: true, order: index },
      ...(late[index] ?? []).map((after) => ({ delivery, isFirst: false, order: index + after + 0.5 })),
    ])
    .sort((one, another) => one.order - another.order);

/** Several workers take them up: each first copy waits for the one before it, the others wait for nobody. */
async function deliverAll(account: Account, sent: readonly Sent[], nextUrl: () => string): Promise<void> {
  let before: Promise<unknown> = Promise.resolve();
  const all: Promise<unknown>[] = [];
  for (const { delivery, isFirst } of sent) {
    if (isFirst) {
      before = before.then(() => account.deliver(nextUrl(), delivery));
      all.push(before);
    } else all.push(before.then(() => account.deliver(nextUrl(), delivery)));
  }
  await Promise.all(all);
}

it('a billing provider’s deliveries, repeated, late and to two nodes, come to what each of them does once', async () => {
  let turn = 0;
  const nextUrl = () => {
    turn += 1;
    return turn % 2 === 0 ? node.url : other.url;
  };
  await fc.assert(
    fc.asyncProperty(histories, copies, async (history, late) => {
      const once = new Account(await signUp(node.url));
      const often = new Account(await signUp(node.url));
      for (const delivery of history) await once.deliver(node.url, delivery);
      const sent = repeated(history, late);
      const half = sent.length / 2;
      await deliverAll(often, sent.slice(0, half), nextUrl);
      // A restart in between: nothing of what was done is remembered but by the log.
      await other.stop();
      other = await node.another();
      await deliverAll(often, sent.slice(half), nextUrl);
      const count = history.filter(({ kind }) => kind === 'start').length;
      expect(await often.outcome(count)).toEqual(await once.outcome(count));
    }),
    { numRuns: 6, endOnFailure: true },
  );
}, 180_000);
