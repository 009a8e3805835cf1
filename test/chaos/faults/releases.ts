import type { Fault } from './fault.ts';
import { restartInOrder } from './signals.ts';

/** As an upgrade does it: a standby takes over before its projector comes back, and there is another node of each kind. */
const IN_ORDER = [
  'command-1',
  'query-1',
  'command-2',
  'query-2',
  'projector',
  'projector-2',
  'notifier',
] as const;

export const releaseFaults: readonly Fault[] = [
  {
    name: 'restart every service in order',
    group: 'releases',
    promised: 'all',
    inflict: async (system) => {
      for (const name of IN_ORDER) await restartInOrder(system, name);
    },
  },
  {
    name: 'rebuild the read models and switch to them',
    group: 'releases',
    promised: 'all',
    inflict: async (system) => void (await system.tool('rebuild')),
  },
];
