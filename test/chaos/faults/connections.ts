import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import type { Random } from '../../support/random.ts';
import type { Link } from '../links/links.ts';
import type { ProxiedSystem } from '../shapes/proxied.ts';
import type { Fault } from './fault.ts';

/** Who connects to whom. Nodes of one kind do the same, so of several all are affected at once. */
const PAIRS: readonly (readonly [string, string])[] = [
  ['command', 'postgres'],
  ['command', 'redis'],
  ['command', 'event-store'],
  ['query', 'postgres'],
  ['query', 'redis'],
  ['projector', 'postgres'],
  ['projector', 'redis'],
  ['projector', 'event-store'],
  ['notifier', 'postgres'],
  ['notifier', 'event-store'],
  ['event-store', 'postgres'],
  // Of the nodes behind Nginx one alone: nobody could ask while no node is reachable.
  ['nginx', 'command-1'],
  ['nginx', 'query-1'],
];

/** Within this a process gives a dead connection up, whatever it waits for there: no statement may take longer. */
const GIVEN_UP_WITHIN_MS = 60_000;

type Inflict = (links: readonly Link[], random: Random) => Promise<void>;

/** What is done to connections, by how it is called. */
const KINDS: Readonly<Record<string, Inflict>> = {
  cut: async (links) => {
    for (const { network } of links) network.cut();
  },
  'refuse for a while': (links, random) => forAWhile(links, random, ({ network }) => network.refuse()),
  'hold everything for a while': (links, random) =>
    forAWhile(links, random, ({ network }) => network.freeze()),
  'hold answers for a while, then lose them': async (links, random) => {
    for (const { network } of links) network.holdAnswers();
    await delay(aWhile(random));
    for (const { network } of links) {
      network.cut();
      network.thaw();
    }
  },
  'slow, 100 ms each way': (links, random) => forAWhile(links, random, ({ network }) => network.slow(100)),
  'half open': async (links) => {
    const stranded = links.map(({ from, network }) => ({ from, connections: network.strand() }));
    const holding = () => stranded.filter(({ connections }) => connections.waiting() > 0);
    await eventually('all are given up', () => holding().length === 0, GIVEN_UP_WITHIN_MS)
      .catch((cause) => {
        const who = holding().map(({ from, connections }) => `${from} ${connections.waiting()}`);
        throw new Error(`half open connections are not given up: ${who.join(', ')}`, { cause });
      })
      .finally(() => {
        for (const { connections } of stranded) connections.end();
      });
  },
};

/** 1 to 7 s: shorter and longer than what waits for it. */
const aWhile = (random: Random): number => 1_000 + random.below(6_000);

async function forAWhile(links: readonly Link[], random: Random, begin: (link: Link) => void): Promise<void> {
  for (const link of links) begin(link);
  await delay(aWhile(random));
  for (const { network } of links) network.thaw();
}

const nodes: Readonly<Record<string, string>> = {
  command: 'command nodes',
  query: 'query nodes',
  projector: 'projectors',
};

export const connectionFaults: readonly Fault<ProxiedSystem>[] = Object.entries(KINDS).flatMap(
  ([kind, inflict]) =>
    PAIRS.map(([from, to]) => ({
      name: `${kind}: ${nodes[from] ?? from} to ${to}`,
      group: 'connections',
      promised: 'all' as const,
      left: to === 'postgres' ? ('caches' as const) : ('database' as const),
      inflict: (system, random) => inflict(system.links.between(from, to), random),
    })),
);
