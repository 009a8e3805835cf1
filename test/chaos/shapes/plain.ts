import type { Shape } from '../faults/fault.ts';
import { nginxFaults } from '../faults/nginx.ts';
import { processFaults } from '../faults/processes.ts';
import { releaseFaults } from '../faults/releases.ts';
import { storeFaults } from '../faults/stores.ts';
import { startSystem } from '../system.ts';

/** Two of everything that may be there twice. */
export const TWICE = ['--query-nodes', '2', '--command-nodes', '2', '--projectors', '2'] as const;

/** As `npm start` runs it. */
export const plain: Shape = {
  name: 'plain',
  faults: [...processFaults, ...nginxFaults, ...storeFaults, ...releaseFaults],
  start: (options) => startSystem({ args: TWICE, ...options }),
};
