import { defineConfig } from 'vitest/config';

/** The tiers. Only the unit tests run without servers; the others get them from test/support/global-setup.ts. */
const tier = (name: string, include: string[], timeout: number, servers = true) => ({
  test: {
    name,
    include,
    testTimeout: timeout,
    hookTimeout: 60_000,
    ...(servers ? { globalSetup: ['test/support/global-setup.ts'] } : {}),
  },
});

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    env: { NODE_ENV: 'test' },
    projects: [
      tier('unit', ['test/unit/**/*.unit.test.ts'], 20_000, false),
      tier('contract', ['test/contract/**/*.contract.test.ts'], 30_000),
      tier('integration', ['test/integration/**/*.int.test.ts'], 60_000),
      tier('faults', ['test/faults/**/*.fault.test.ts'], 120_000),
      tier('e2e', ['test/e2e/**/*.e2e.test.ts'], 180_000),
    ],
  },
});
