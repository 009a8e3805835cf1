import { once } from 'node:events';
import { pino } from 'pino';
import { createContext, startService } from './app.ts';
import { type Config, readConfig } from './config.ts';
import { reconcile } from './sync/reconcile.ts';
import { type Parked, Store } from './sync/store.ts';

const USAGE = `node examples/stripe/main.ts [serve | reconcile | parked]

  serve      takes Stripe's deliveries at /stripe/webhook, and follows them (this is what it does without a word)
  reconcile  compares all customers with Stripe's, once: run it every night
  parked     prints what people have to look at
`;

const line = (text: string): void => void process.stdout.write(`${text}\n`);

function showParked(parked: readonly Parked[]): void {
  for (const { customer, since, reasons } of parked)
    for (const reason of reasons) line(`${customer}  ${since.toISOString()}  ${reason}`);
}

async function serve(config: Config): Promise<void> {
  const service = await startService(config, pino({ level: config.LOG_LEVEL }));
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  await service.stop();
}

async function reconcileOnce(config: Config): Promise<void> {
  const context = createContext(config);
  const logger = pino({ level: config.LOG_LEVEL }, pino.destination(2));
  const { customers, outcomes, strangers } = await reconcile(context, config.WORKERS, logger);
  const { unchanged, changed, parked, failed, elsewhere } = outcomes;
  line(
    `${customers} customers: ${unchanged} as they should be, ${changed} brought up to date, ${elsewhere} by the service, ${parked} parked, ${failed} failed`,
  );
  for (const name of strangers) line(`runs here, and Stripe doesn't have it: ${name}`);
  showParked(context.store.parked());
  context.store.close();
  // Whoever runs it every night hears of it; the service tries again before that.
  if (failed > 0) process.exitCode = 1;
}

const COMMANDS: Readonly<Record<string, (config: Config) => void | Promise<void>>> = {
  serve,
  reconcile: reconcileOnce,
  parked({ DATA_FILE }) {
    const store = new Store(DATA_FILE);
    showParked(store.parked());
    store.close();
  },
};

/** @returns undefined where a setting is wrong, which is said */
function settings(): Config | undefined {
  try {
    return readConfig(process.env);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return undefined;
  }
}

const [name = 'serve'] = process.argv.slice(2);
const command = COMMANDS[name];
const config = command && settings();
if (command && config) await command(config);
else {
  if (!command) process.stderr.write(USAGE);
  process.exitCode = 2;
}
