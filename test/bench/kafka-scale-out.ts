import { parseArgs } from 'node:util';
import { compareWithDirect } from '../kafka/direct-build.ts';
import { type HistorySummary, writeHistory } from '../support/history.ts';
import { perSecond } from './benchmark.ts';
import {
  MASTER_KEY,
  type Projectors,
  relayAll,
  type Surroundings,
  startSurroundings,
} from './scale-out-system.ts';

const HELP = `Usage: node local/bootstrap.mjs test/bench/kafka-scale-out.ts [--events N] [--minutes N]

Shows that projectors scale out over Kafka and lose and repeat nothing. A history of N events (default 100,000) waits in
the topic; three projector processes take it in; one is ended with SIGKILL in the middle, and another joins. At the end
each table is compared with what the direct feed makes of the same log in one process. Exit code 1 if anything differs.
PostgreSQL, Redis, Kafka and the event store are started for it, and removed afterwards. 2,000,000 events take about
3 GB of disk.

  --events N    events of the history (default 100000)
  --minutes N   give up after this long (default 90)
`;

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '100000' },
    minutes: { type: 'string', default: '90' },
    help: { type: 'boolean', default: false },
  },
});
const events = Number(values.events.replaceAll(/[_,]/g, ''));
const minutes = Number(values.minutes);
const said = performance.now();
const say = (line: string) =>
  void process.stdout.write(`${((performance.now() - said) / 1_000).toFixed(1).padStart(7)} s  ${line}\n`);
const count = (n: number) => n.toLocaleString('en');

if (values.help) process.stdout.write(HELP);
else if (!Number.isSafeInteger(events) || events < 1_000 || !(minutes > 0)) {
  process.stderr.write('--events: expected 1,000 or more; --minutes: expected more than 0\n');
  process.exitCode = 2;
} else {
  setTimeout(() => {
    say(`gave up after ${minutes} minutes`);
    process.exit(1);
  }, minutes * 60_000).unref();
  process.exitCode = (await run()) ? 0 : 1;
}

async function run(): Promise<boolean> {
  await using stack = new AsyncDisposableStack();
  const around = stack.use(await startSurroundings());
  const summary = await seed(around);
  await around.startStore();
  const relaying = performance.now();
  await relayAll(around, summary.head);
  say(`${count(events)} events wait in the topic, relayed at ${rate(events, relaying)}`);
  const projectors = stack.use(around.projectors());
  const began = performance.now();
  await takeIn(projectors, expected(summary));
  const seconds = (performance.now() - began) / 1_000;
  say(`all lanes are at their end after ${seconds.toFixed(1)} s: ${perSecond(expected(summary) / seconds)}`);
  await projectors.stop();
  return await verdict(around, summary);
}

function rate(n: number, since: number): string {
  return perSecond((n / (performance.now() - since)) * 1_000);
}

/** Of users' streams: those of emails change no row. */
function expected({ events: all, byType }: HistorySummary): number {
  return all - (byType.EmailReserved ?? 0) - (byType.EmailReleased ?? 0);
}

async function seed(around: Surroundings): Promise<HistorySummary> {
  let told = 0;
  const summary = await writeHistory({
    eventStoreDatabaseUrl: around.storeDatabaseUrl,
    databaseUrl: around.databaseUrl,
    masterKey: MASTER_KEY,
    events,
    users: Math.ceil(events / 10),
    onProgress: (written) => {
      if (written - told < events / 10) return;
      told = written;
      say(`${count(written)} events written`);
    },
  });
  const { users, erased, emailsTakenAgain } = summary;
  say(
    `history: ${count(users)} users, ${count(erased)} erased, ${count(emailsTakenAgain)} emails taken again`,
  );
  return summary;
}

/** Three processes; one is killed at two fifths of the way, and another joins at once. */
async function takeIn(projectors: Projectors, all: number): Promise<void> {
  for (let i = 0; i < 3; i++) await projectors.spawn();
  say('three projectors started');
  let killed = false;
  for await (const { applied, shares, behind } of projectors.watch()) {
    say(`${count(applied)} of ${count(all)} applied; partitions and MB by process: ${shares}`);
    if (!killed && applied >= all * 0.4) {
      killed = true;
      await projectors.killFirst();
      await projectors.spawn();
      say('SIGKILL to the first, and a fourth one started');
    }
    if (killed && behind === 0 && applied >= all) return;
    if (!killed && applied >= all)
      throw new Error('all was applied before one could be killed: take more events');
  }
}

async function verdict(around: Surroundings, summary: HistorySummary): Promise<boolean> {
  const comparing = performance.now();
  const tables = await compareWithDirect(around);
  say(`built by the direct feed in one process at ${rate(summary.events, comparing)}, to compare`);
  for (const { table, live, equal } of tables) {
    say(
      `  ${table.padEnd(20)} ${count(Number(live.rows)).padStart(12)} rows  ${equal ? 'equal' : 'DIFFERENT'}`,
    );
  }
  const { rows } = await around.pool.query<{ revisions: string; activations: string }>(
    `SELECT (SELECT sum(revision + 1) FROM read_model.users) AS revisions,
            (SELECT sum(activations) FROM read_model.activations_by_day) AS activations`,
  );
  const [sums] = rows;
  const once =
    Number(sums?.revisions) === expected(summary) &&
    Number(sums?.activations) === summary.byType.LicenseActivated;
  say(
    `  applied once: ${count(Number(sums?.revisions))} revisions of ${count(expected(summary))}, ${count(Number(sums?.activations))} activations of ${count(summary.byType.LicenseActivated ?? 0)}`,
  );
  const passed = once && tables.every(({ equal }) => equal);
  say(passed ? 'PASSED: nothing lost, nothing repeated, the same rows' : 'FAILED');
  return passed;
}
