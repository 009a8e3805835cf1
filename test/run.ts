import { globSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startVitest, type TestModule } from 'vitest/node';
import { brokerPrograms } from '../local/servers/kafka/programs.ts';
import { ProgramsMissing } from '../local/servers/programs.ts';

const TIERS = ['unit', 'contract', 'integration', 'faults', 'e2e', 'kafka'];

const HELP = `Usage: npm test -- [options] [file …]

Runs the tests, tier by tier: ${TIERS.join(', ')}. The servers they need are found or installed first, and started
with throw-away data. The tier kafka needs Java and Maven. Where they are missing and can't be installed the others
run without it, and it is said; with CI=true that is a failure.

Options:
  --tier NAME    only this tier (may be repeated)
  --help         show this

KAFKA_BROKERS=host:port in the environment makes the tier kafka share a broker that is there.
`;

/** Says why the tier kafka can't run here; undefined if it can, or if none of its files is asked for. */
async function kafkaMissing(files: readonly string[]): Promise<string | undefined> {
  const inTier = globSync('kafka/**/*.kafka.test.ts', { cwd: import.meta.dirname });
  const asked = (file: string) => files.some((part) => path.join(import.meta.dirname, file).includes(part));
  if (process.env.KAFKA_BROKERS || (files.length > 0 && !inTier.some(asked))) return undefined;
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  try {
    await brokerPrograms(say);
    return undefined;
  } catch (error) {
    if (error instanceof ProgramsMissing) return error.message;
    throw error;
  }
}

/** Where the time goes: the files that took longest, in seconds. Some run side by side, so they add up to more than the run. */
function slowest(modules: readonly TestModule[]): string {
  const seconds = (module: TestModule) => module.diagnostic().duration / 1_000;
  return modules
    .toSorted((a, b) => seconds(b) - seconds(a))
    .slice(0, 20)
    .map((module) => `${seconds(module).toFixed(1).padStart(7)} s  ${module.relativeModuleId}`)
    .join('\n');
}

async function run(tiers: readonly string[], files: string[]): Promise<void> {
  const missing = tiers.includes('kafka') ? await kafkaMissing(files) : undefined;
  const project = tiers.filter((tier) => tier !== 'kafka' || missing === undefined);
  let passed = 0;
  let failed = missing !== undefined && process.env.CI === 'true' ? 1 : 0;
  let skipped = 0;
  // Without the one tier that was asked for there is nothing to run; no project at all would mean every one.
  if (project.length > 0) {
    const vitest = await startVitest('test', files, { run: true, watch: false, project });
    const modules = vitest.state.getTestModules();
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    // A file that could not be loaded has no tests that failed, and must still count.
    const broken = modules.filter((module) => module.errors().length > 0).length;
    passed = count('passed');
    failed += count('failed') + count('pending') + broken + vitest.state.getUnhandledErrors().length;
    skipped = count('skipped');
    if (modules.length > 20) process.stdout.write(`\nThe slowest files:\n${slowest(modules)}\n`);
    await vitest.close();
  }
  if (missing !== undefined) process.stdout.write(`\nThe tier kafka did not run: ${missing}\n`);
  process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  if (failed > 0 || passed === 0) process.exitCode = 1;
}

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
} else await run(values.tier.length > 0 ? values.tier : TIERS, positionals);
