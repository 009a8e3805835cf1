import { defineConfig } from 'vitest/config';

const SERVERS = 'test/support/servers/setup.ts';
const BROKER = 'test/support/kafka/setup.ts';

/** The tiers. Only the unit tests run without servers; the others get theirs from what `globalSetup` names. */
const tier = (name: string, include: string[], timeout: number, globalSetup: string[]) => ({
  test: { name, include, testTimeout: timeout, hookTimeout: 60_000, globalSetup },
});

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    env: { NODE_ENV: 'test' },
    projects: [
      tier('unit', ['test/unit/**/*.unit.test.ts'], 20_000, []),
      tier('contract', ['test/contract/**/*.contract.test.ts'], 30_000, [SERVERS]),
      tier('integration', ['test/integration/**/*.int.test.ts'], 60_000, [SERVERS]),
      tier('faults', ['test/faults/**/*.fault.test.ts'], 120_000, [SERVERS]),
      tier('e2e', ['test/e2e/**/*.e2e.test.ts'], 180_000, [SERVERS]),
      tier('kafka', ['test/kafka/**/*.kafka.test.ts'], 120_000, [SERVERS, BROKER]),
    ],
  },
});
