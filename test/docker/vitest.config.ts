import { defineConfig } from 'vitest/config';

/** Apart from the other tiers: it needs Docker and, the first time, an image registry. `npm run test:docker` */
export default defineConfig({
  test: {
    name: 'docker',
    root: import.meta.dirname,
    include: ['*.docker.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    env: { NODE_ENV: 'test' },
    testTimeout: 600_000,
    hookTimeout: 900_000,
  },
});
