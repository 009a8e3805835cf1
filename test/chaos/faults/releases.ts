import type { Fault } from './fault.ts';
import { restartInOrder } from './signals.ts';

/** As an upgrade does it: there is another node of each kind. */
const NODES = ['command-1', 'query-1', 'command-2', 'query-2'] as const;
/** A standby takes over before its projector comes back; until then a reader of the newest may be told that a node is behind. */
const BEHIND_THEM = ['projector', 'projector-2', 'notifier'] as const;

export const releaseFaults: readonly Fault[] = [
  {
    name: 'restart every service in order',
    group: 'releases',
    promised: 'all',
    inflict: async (system, _, inOrder) => {
      await inOrder(async () => {
        for (const name of NODES) await restartInOrder(system, name);
      });
      for (const name of BEHIND_THEM) await restartInOrder(system, name);
    },
  },
  {
    name: 'rebuild the read models and switch to them',
    group: 'releases',
    promised: 'all',
    inflict: (system, _, inOrder) => inOrder(() => system.tool('rebuild')),
  },
];
