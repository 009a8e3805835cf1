import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProjectorService, startProjector } from '../../../projector/app.ts';
import { readProjectorConfig } from '../../../projector/config.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { ask } from '../../support/api.ts';
import { createRandom, type Random } from '../../support/random.ts';
import { startRedis, type TestServer } from '../../support/servers.ts';
import { type CommandNode, startCommandNode } from '../command-service-http/command-node.ts';
import { BillingProvider, type Delivery } from './provider.ts';
import { createWorker } from './worker.ts';

const SUBSCRIPTIONS = 8;
const CHANGES = 40;
const SEED = 20261127;

let redis: TestServer;
let node: CommandNode;
let projector: ProjectorService;
let token: string;
beforeAll(async () => {
  redis = await startRedis();
  node = await startCommandNode({ settings: { REDIS_URL: redis.url } });
  projector = await startProjector({
    config: readProjectorConfig(node.settings),
    logger: createLogger({ service: 'projector', level: 'silent' }),
  });
  token = await node.operatorToken();
});
afterAll(async () => {
  await projector.stop();
  await node[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
});

/** The life of some subscriptions, change by change: the same for the same seed. */
function* lifeOf(provider: BillingProvider, prefix: string, random: Random): Generator<Delivery> {
  for (let number = 0; number < SUBSCRIPTIONS; number += 1)
    yield provider.sell(`sub-${prefix}-${number}`, `cus-${prefix}-${number}`, '2026-11-01T00:00:00.000Z');
  for (let change = 0; change < CHANGES; change += 1) yield provider.change(random.pick(provider.ids));
}

/** What comes next: the provider's own next change, or the word of one that it has made. */
type Step = { readonly change: number } | { readonly deliver: number };

/** Every change in order; each followed by one to five words of it, some of them long after. */
function disordered(changes: number, random: Random): readonly Step[] {
  const steps: { readonly step: Step; readonly at: number }[] = [];
  for (let change = 0; change < changes; change += 1) {
    steps.push({ step: { change }, at: change });
    const times = 1 + random.below(5);
    for (let time = 0; time < times; time += 1) {
      const late = random.below(4) === 0 ? random.below(changes) : random.below(3);
      steps.push({ step: { deliver: change }, at: change + 0.5 + late });
    }
  }
  return steps.sort((one, other) => one.at - other.at).map(({ step }) => step);
}

/** What our side has of each subscription in the end, without the ids of our own. */
async function ended(provider: BillingProvider): Promise<readonly unknown[]> {
  return Promise.all(
    provider.ids.map(async (id) => {
      const { customer, firstPlan, startDate, firstEnd } = provider.get(id);
      const user = await ask(node.url, '/v1/users', { token, body: { external_id: customer } });
      const { status, body } = await ask(node.url, '/v1/subscriptions', {
        token,
        body: {
          user_id: user.body.user_id,
          external_id: id,
          plan: firstPlan,
          start_date: startDate,
          end_date: firstEnd,
        },
      });
      const { product, plan_type, quantity, status: shown, start_date, end_date, cancelled_by } = body;
      return { status, product, plan_type, quantity, shown, start_date, end_date, cancelled_by };
    }),
  );
}

const wanted = (provider: BillingProvider) =>
  provider.ids.map((id) => {
    const { plan, quantity, cancelled, startDate, endDate } = provider.get(id);
    return {
      status: 200,
      product: 'app',
      plan_type: plan,
      quantity,
      shown: cancelled ? 'cancelled' : 'active',
      start_date: startDate,
      end_date: endDate,
      cancelled_by: cancelled ? 'staff' : null,
    };
  });

describe('a billing provider’s deliveries, worked off as docs/billing.md says,', () => {
  it('leave, each once and in order, what the provider has', async () => {
    const random = createRandom(SEED);
    const provider = new BillingProvider(random);
    const deliver = createWorker(provider, { url: () => node.url, token });
    for (const delivery of lifeOf(provider, 'once', random)) await deliver(delivery);
    expect(await ended(provider)).toEqual(wanted(provider));
  });

  it('leave the same when each comes one to five times, late, out of order, to four workers, over two nodes and a restart', async () => {
    const random = createRandom(SEED);
    const provider = new BillingProvider(random);
    let second = await node.another();
    const chance = createRandom(SEED + 1);
    const url = () => chance.pick([node.url, second.url]);
    // The provider lives on while its deliveries are worked off.
    const life = lifeOf(provider, 'often', random);
    const made: Delivery[] = [];
    const steps = disordered(SUBSCRIPTIONS + CHANGES, chance);
    const restartAt = Math.floor(steps.length / 2);
    let next = 0;
    const work = async () => {
      const deliver = createWorker(provider, { url, token });
      for (let at = next++; at < steps.length; at = next++) {
        if (at === restartAt) {
          await second.stop();
          second = await node.another();
        }
        const step = steps[at] as Step;
        if ('change' in step) made.push(life.next().value as Delivery);
        else await deliver(made[step.deliver] as Delivery);
      }
    };
    await Promise.all([work(), work(), work(), work()]);
    expect(made).toHaveLength(SUBSCRIPTIONS + CHANGES);
    expect(await ended(provider)).toEqual(wanted(provider));
  });
});
