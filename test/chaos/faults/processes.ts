import type { Left } from '../history.ts';
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

/** Who is left to know a license without these. */
export function leftWithout(...gone: readonly string[]): Left {
  if (!gone.includes('postgres')) return 'database';
  if (gone.includes('redis')) return 'memory';
  return gone.some((name) => name.startsWith('query-')) ? 'redis' : 'caches';
}

export const killed = (name: string): Fault => ({
  name: `kill ${name}`,
  group: 'one process killed',
  promised: 'all',
  left: leftWithout(name),
  emptiesRedis: name === 'redis',
  inflict: (system) => kill(system, name),
});

/** For 1 to 7 s: shorter and longer than what waits for it. */
export const frozen = (name: string): Fault => ({
  name: `freeze ${name}`,
  group: 'one process frozen',
  promised: 'all',
  left: leftWithout(name),
  inflict: (system, random) => freeze(system, name, 1_000 + random.below(6_000)),
});

const together = (names: readonly string[]): Pick<Fault, 'promised' | 'left' | 'emptiesRedis'> => ({
  promised: ['query-1', 'query-2'].every((name) => names.includes(name)) ? 'nothing' : 'most',
  left: leftWithout(...names),
  emptiesRedis: names.includes('redis'),
});

export const killedTogether = (names: readonly string[]): Fault => ({
  ...together(names),
  name: `kill ${names.join(' and ')}`,
  group: 'two processes killed at once',
  inflict: async (system) => void (await Promise.all(names.map((name) => kill(system, name)))),
});

const frozenTogether = (names: readonly string[]): Fault => ({
  ...together(names),
  name: `freeze ${names.join(' and ')}`,
  group: 'two processes frozen at once',
  inflict: async (system, random) => {
    const ms = 1_000 + random.below(6_000);
    await Promise.all(names.map((name) => freeze(system, name, ms)));
  },
});

/** What depends on one another, and what stands in for one another. */
const PAIRS: readonly (readonly [string, string])[] = [
  ['postgres', 'redis'],
  ['postgres', 'event-store'],
  ['postgres', 'projector'],
  ['postgres', 'command-1'],
  ['postgres', 'query-1'],
  ['redis', 'event-store'],
  ['redis', 'projector'],
  ['redis', 'query-1'],
  ['event-store', 'projector'],
  ['event-store', 'command-1'],
  ['projector', 'projector-2'],
  ['projector', 'query-2'],
  ['command-1', 'command-2'],
  ['command-1', 'query-1'],
  ['query-1', 'query-2'],
];

export const processFaults: readonly Fault[] = [
  ...PROCESSES.map(killed),
  ...PROCESSES.map(frozen),
  ...PAIRS.map(killedTogether),
  frozenTogether(['postgres', 'redis']),
  frozenTogether(['event-store', 'projector']),
  {
    ...together(PROCESSES),
    name: 'kill everything but nginx',
    group: 'everything',
    inflict: async (system) => void (await Promise.all(PROCESSES.map((name) => kill(system, name)))),
  },
];
