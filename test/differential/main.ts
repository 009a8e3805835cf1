import { randomInt } from 'node:crypto';
import { inspect, parseArgs } from 'node:util';
import { startEventStore } from '../../local/event-store/server.ts';
import { ensureDatabase } from '../../local/servers/postgres.ts';
import { createLogger } from '../../shared/process/logger.ts';
import { startPostgres } from '../support/servers/servers.ts';
import { type Finding, findDifferences } from './find.ts';
import { connectStore } from './store.ts';

const HELP = `Usage: npm run test:differential -- [options] [esdb://…]

Sends the same calls to the local event store and to the one that the connection string names (or the environment's
EVENTSTORE_CONNECTION_STRING), and says where they answer differently. That store may hold anything, and keeps a few
streams named differential-…; nothing else may be appended to it meanwhile. Without a connection string a second local store
takes its place, which tests the tester alone.

Options:
  --seed N    the random sequences to try; chosen and printed unless given
  --runs N    how many of them (default 300)
  --path P    only the sequence that an earlier difference was printed with
  --help      show this
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    runs: { type: 'string', default: '300' },
    path: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const say = (line: string) => void process.stdout.write(`${line}\n`);

function report({ found, sequence, operation, answers }: Finding): void {
  const show = (value: unknown) => inspect(value, { depth: 9, breakLength: 110 });
  say(`\nA difference (${found}), in the last of:`);
  for (const step of sequence.slice(0, sequence.indexOf(operation) + 1)) say(`  ${show(step)}`);
  say(`local store: ${show(answers[0])}\nother store: ${show(answers[1])}`);
}

async function run(seed: number, runs: number): Promise<void> {
  await using started = new AsyncDisposableStack();
  const postgres = started.use(await startPostgres());
  const logger = createLogger({ service: 'differential', level: 'error' });
  const local = async (database: string) => {
    await ensureDatabase(postgres.url, database, logger);
    const databaseUrl = Object.assign(new URL(postgres.url), { pathname: database }).href;
    const server = await startEventStore({ host: '127.0.0.1', port: 0, databaseUrl, logger });
    started.defer(() => server.close());
    return server.connectionString;
  };
  const connect = async (connectionString: string) =>
    started.adopt(await connectStore(connectionString), (store) => store.close());
  const given = positionals[0] ?? process.env.EVENTSTORE_CONNECTION_STRING;
  const stores = [
    await connect(await local('ours')),
    await connect(given ?? (await local('theirs'))),
  ] as const;
  say(
    `Comparing the local store with ${given ? 'the one given' : 'a second local store'}: --seed ${seed} --runs ${runs}`,
  );
  const findings = await findDifferences({ stores, seed, runs, path: values.path });
  for (const finding of findings) report(finding);
  say(findings.length === 0 ? 'No difference.' : `\nSequences that show a difference: ${findings.length}.`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}

const [seed, runs] = [Number(values.seed), Number(values.runs)];
if (values.help) process.stdout.write(HELP);
else if (!Number.isInteger(seed) || !Number.isInteger(runs) || runs < 0) {
  process.stderr.write('--seed and --runs are whole numbers; see --help\n');
  process.exitCode = 2;
} else await run(seed, runs);
