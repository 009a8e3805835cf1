import type { Promised } from '../history.ts';
import type { Fault } from './fault.ts';
import { freeze, kill } from './signals.ts';

/** What every shape runs. Nginx is another one: nobody could ask while it is down. */
export const PROCESSES = [
  'postgres',
  'redis',
  'event-store',
  'projector',
  'projector-2',
  'notifier',
  'command-1',
  'command-2',
  'query-1',
  'query-2',
] as const;

export const killed = (name: string): Fault => ({
  name: `kill ${name}`,
  group: 'one process killed',
  promised: 'all',
  inflict: (system) => kill(system, name),
});

/** For 1 to 7 s: shorter and longer than what waits for it. */
export const frozen = (name: string): Fault => ({
  name: `freeze ${name}`,
  group: 'one process frozen',
  promised: 'all',
  inflict: (system, random) => freeze(system, name, 1_000 + random.below(6_000)),
});

const killedTogether = (names: readonly string[], promised: Promised): Fault => ({
  name: `kill ${names.join(' and ')}`,
  group: 'two processes killed at once',
  promised,
  inflict: async (system) => void (await Promise.all(names.map((name) => kill(system, name)))),
});

/** What depends on one another, and what stands in for one another. */
const PAIRS: readonly [string, string, Promised][] = [
  ['postgres', 'redis', 'memory'],
  ['postgres', 'event-store', 'most'],
  ['postgres', 'projector', 'most'],
  ['postgres', 'command-1', 'most'],
  ['postgres', 'query-1', 'most'],
  ['redis', 'event-store', 'most'],
  ['redis', 'projector', 'most'],
  ['redis', 'query-1', 'most'],
  ['event-store', 'projector', 'most'],
  ['event-store', 'command-1', 'most'],
  ['projector', 'projector-2', 'most'],
  ['projector', 'query-2', 'most'],
  ['command-1', 'command-2', 'most'],
  ['command-1', 'query-1', 'most'],
  ['query-1', 'query-2', 'nothing'],
];

export const processFaults: readonly Fault[] = [
  ...PROCESSES.map(killed),
  ...PROCESSES.map(frozen),
  ...PAIRS.map(([one, other, promised]) => killedTogether([one, other], promised)),
  {
    name: 'kill everything but nginx',
    group: 'everything',
    promised: 'nothing',
    inflict: async (system) => void (await Promise.all(PROCESSES.map((name) => kill(system, name)))),
  },
];
