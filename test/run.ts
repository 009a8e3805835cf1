import { parseArgs } from 'node:util';
import { startVitest } from 'vitest/node';

const TIERS = ['unit', 'contract', 'integration', 'faults', 'e2e'];

const HELP = `Usage: npm test -- [options] [file …]

Runs the tests, tier by tier: unit, contract, integration, faults, e2e. The servers they need are found or installed
first, and started with throw-away data.

Options:
  --tier NAME    only this tier (may be repeated)
  --help         show this
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tier: { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', default: false },
  },
});

const unknown = values.tier.filter((tier) => !TIERS.includes(tier));

if (values.help) {
  process.stdout.write(HELP);
} else if (unknown.length > 0) {
  process.stderr.write(`no tier is called ${unknown.join(', ')}; there are ${TIERS.join(', ')}\n`);
  process.exitCode = 2;
} else {
  const vitest = await startVitest('test', positionals, {
    run: true,
    watch: false,
    ...(values.tier.length > 0 ? { project: values.tier } : {}),
  });
  const tests = vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()]);
  const count = (state: string) => tests.filter((test) => test.result().state === state).length;
  // A file that could not be loaded has no tests that failed, and must still count.
  const broken = vitest.state.getTestModules().filter((module) => module.errors().length > 0).length;
  const failed = count('failed') + count('pending') + broken + vitest.state.getUnhandledErrors().length;
  await vitest.close();
  const skipped = count('skipped');
  process.stdout.write(
    `\n${count('passed')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
  );
  if (failed > 0 || count('passed') === 0) process.exitCode = 1;
}
