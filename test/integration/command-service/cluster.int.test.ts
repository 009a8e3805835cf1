import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type StandInCluster, startCluster } from '../../support/cluster/cluster.ts';
import type { StandInNode } from '../../support/cluster/node.ts';
import { activate, Backend, type Customer, done, licenseOf, type Node, subscribe } from './nodes.ts';

let backend: Backend;
let cluster: StandInCluster;
/** Asks the cluster. */
let one: Node;
/** Asks the store itself: what it does, others see late. */
let other: Node;

beforeEach(async () => {
  backend = await Backend.start();
  cluster = await startCluster(Number(new URL(backend.store.connectionString).port));
  one = backend.node({}, cluster.connectionString);
  other = backend.node();
});
afterEach(async () => {
  for (const { network } of cluster.nodes) network.thaw();
  await backend.close();
  await cluster[Symbol.asyncDispose]();
});

const member = (n: number) => cluster.nodes[n] as StandInNode;

/** Commands of several customers, each as soon as the one before is done, for a time. The longest in milliseconds. */
async function load(customers: readonly Customer[], forMs: number): Promise<number> {
  const until = performance.now() + forMs;
  let longest = 0;
  const work = async (customer: Customer) => {
    for (let n = 0; performance.now() < until; n += 1) {
      const began = performance.now();
      const type = n % 2 === 0 ? ('ActivateClient' as const) : ('DeactivateClient' as const);
      const outcome = done(await one.execute(customer.request({ type, clientId: 'a' })));
      expect(outcome.changed).toBe(true);
      longest = Math.max(longest, performance.now() - began);
      await delay(5);
    }
  };
  await Promise.all(customers.map(work));
  return longest;
}

const customersOf = (count: number) => Promise.all(Array.from({ length: count }, () => subscribe(one)));

describe('A command node on a cluster', () => {
  it('decides nothing from the old state of a leader that moved', async () => {
    const customer = await subscribe(one);
    const first = licenseOf(await one.execute(customer.request(activate('a'))));
    const [position] = (await backend.stream(`user-${customer.userId}`))
      .slice(-1)
      .map((e) => e.position.commit);
    member(0).behindAt = position;
    cluster.leader = member(1);
    await other.execute(customer.request({ type: 'DeactivateClient', clientId: 'a' }));
    const again = await one.execute(customer.request(activate('a')));
    expect(done(again).changed).toBe(true);
    expect(licenseOf(again)).not.toBe(first);
  });

  it('does every command under a leadership that moves with all connections open', async () => {
    const customers = await customersOf(10);
    const moving = (async () => {
      for (const n of [1, 2, 0, 1]) {
        await delay(400);
        cluster.leader = member(n);
      }
    })();
    expect(await load(customers, 2_000)).toBeLessThan(1_500);
    await moving;
  });

  it('is held up by a killed leader for less than 3 s, and shows no error', async () => {
    const customers = await customersOf(10);
    const killing = (async () => {
      await delay(300);
      await member(0).kill();
      await delay(1_500);
      cluster.leader = member(1);
    })();
    expect(await load(customers, 3_000)).toBeLessThan(3_000);
    await killing;
  });

  it('is held up by a frozen leader for less than 6 s beyond the election, and shows no error', async () => {
    const customers = await customersOf(10);
    const freezing = (async () => {
      await delay(300);
      member(0).network.freeze();
      await delay(5_000);
      cluster.leader = member(1);
    })();
    expect(await load(customers, 7_000)).toBeLessThan(5_000 + 6_000);
    await freezing;
  });

  it('shows no error while the store that was restarted is not ready for appends', async () => {
    const customers = await customersOf(3);
    member(0).starting = true;
    setTimeout(() => {
      member(0).starting = false;
    }, 1_000);
    expect(await load(customers, 500)).toBeLessThan(3_000);
  });
});
