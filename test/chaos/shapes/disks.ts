import path from 'node:path';
import { DISKS, diskFaults } from '../faults/disks.ts';
import type { Shape } from '../faults/fault.ts';
import { mountDisk, unmountDisk } from '../stores/disk.ts';
import { startSystem } from '../system.ts';
import { TWICE } from './plain.ts';

/** PostgreSQL's data and the logs are on disks of limited size. */
export const disks: Shape = {
  name: 'disks',
  faults: diskFaults,
  start: (starting) =>
    startSystem({
      args: TWICE,
      ...starting,
      furnish: (data) => {
        for (const { folder, megabytes } of DISKS) mountDisk(path.join(data, folder), megabytes);
        return () => {
          for (const { folder } of DISKS) unmountDisk(path.join(data, folder));
        };
      },
    }),
};
