import { randomBytes, randomUUID } from 'node:crypto';
import { connectEventLog } from '../../../shared/adapters/eventstoredb/client.ts';
import type { EventLog, NewEvent } from '../../../shared/event-log/event-log.ts';
import { setting } from '../../support/setting.ts';
import { dispose, type LaunchedStack, launch } from '../../support/stack.ts';
import type { Benchmark } from '../benchmark.ts';
import { type WrkRequest, wrk } from '../load/wrk.ts';
import { figure, target } from '../report/row.ts';
import { cpuText } from '../report/words.ts';
import { concurrently, inTurn } from '../rounds.ts';
import { median, ratios } from '../statistics.ts';
import { withCpu } from '../system/cpu.ts';
import { customers, UNLIMITED } from '../system/customers.ts';
import { pausing } from '../system/pause.ts';

const CONCURRENCY = 64;
const SECONDS = 8;
const WARM_UP_SECONDS = 3;
const APPENDS = 20_000;
const APPENDER = 'the appender';

const AT_LEAST_WITHOUT_READERS = 0.5;
const TIMES_THE_APPENDERS_CPU = 2.5;

/** Durable activations through HTTP and Nginx, beside the appends they come down to, by the same client. */
export const activations: Benchmark = {
  name: 'activations',
  summary: `activations through HTTP and Nginx, ${CONCURRENCY} at a time, beside raw appends by the same client`,
  minutes: 6,
  async run({ rounds, sized, say, report, note }) {
    const stack = await launch({ args: ['--no-tour', '--query-nodes', '1'], env: UNLIMITED });
    const log = connectEventLog({ connectionString: setting(stack, 'EVENTSTORE_URL') });
    try {
      const activate = await activating(stack, say);
      await activate(WARM_UP_SECONDS);
      await appending(stack, log, APPENDS / 10);
      const measured = await inTurn(rounds, {
        raw: () => appending(stack, log, sized(APPENDS)),
        all: () => activate(sized(SECONDS)),
        alone: () => pausing(stack, isReader, () => activate(sized(SECONDS))),
      });
      const rates = (name: keyof typeof measured) => measured[name].map(({ rate }) => rate);
      const cpu = (name: keyof typeof measured) => measured[name].map((each) => each.cpu);
      const beside = { what: 'raw appends', figure: figure(rates('raw'), '/s') };
      const all = ratios(rates('all'), rates('raw'));
      const alone = ratios(rates('alone'), rates('raw'));
      report({
        what: 'activations, all readers running',
        figure: figure(rates('all'), '/s'),
        beside,
        ratio: all,
        cpu: cpu('all'),
      });
      report({
        what: 'activations, the read side paused',
        figure: figure(rates('alone'), '/s'),
        beside,
        ratio: alone,
        target: target(`at least ${AT_LEAST_WITHOUT_READERS}`, median(alone) >= AT_LEAST_WITHOUT_READERS),
        cpu: cpu('alone'),
      });
      const ofCommand = cpu('alone').map(({ micros }) => micros.command as number);
      const ofAppender = cpu('raw').map(({ micros }) => micros[APPENDER] as number);
      const times = ratios(ofCommand, ofAppender);
      report({
        what: "the command node's CPU time an activation",
        figure: figure(ofCommand, ' µs'),
        beside: { what: 'the raw appender’s an append', figure: figure(ofAppender, ' µs') },
        ratio: times,
        target: target(`at most ${TIMES_THE_APPENDERS_CPU}`, median(times) <= TIMES_THE_APPENDERS_CPU),
      });
      note(`CPU time of one, raw append: ${cpuText(cpu('raw'))}.`);
    } finally {
      await log.close();
      await dispose(stack);
    }
  },
};

/** Whatever follows the log, and whoever asks it. */
const isReader = (name: string) => /^(projector|notifier|query)/.test(name);

/** Makes customers, and answers what measures their activations for so many seconds. */
export async function activating(stack: LaunchedStack, say: (line: string) => void) {
  const wanted = { customers: CONCURRENCY, clients: 0, plan: 'enterprise' } as const;
  const keys = (await customers(stack, wanted, say)).map(({ licenseKey }) => licenseKey);
  return (seconds: number) =>
    withCpu({ processes: stack.processes() }, async () => {
      const body = JSON.stringify({ client_id: `${randomUUID()}-{n}` });
      const requests: WrkRequest[] = keys.map((token) => ({ path: '/v1/activations', token, body }));
      const activated = await wrk({ url: stack.url, connections: CONCURRENCY, seconds, requests });
      if (activated.errors > 0)
        throw new Error(`${activated.errors} of ${activated.operations} activations failed`);
      return activated;
    });
}

function appending(stack: LaunchedStack, log: EventLog, count: number) {
  // Made before the time runs: the client is measured, and not random numbers.
  const events = Array.from({ length: count }, event);
  return withCpu({ processes: stack.processes(), own: APPENDER }, async () => {
    const from = performance.now();
    await concurrently(events, CONCURRENCY, async (each) => {
      await log.append(`bench-${each.id}`, 'no_stream', [each], { deadlineMs: 10_000 });
    });
    return { operations: count, rate: (count / (performance.now() - from)) * 1000 };
  });
}

/** As large as an activation's event. */
const event = (): NewEvent => ({
  id: randomUUID(),
  type: 'LicenseActivated',
  data: {
    userId: randomUUID(),
    licenseId: randomUUID(),
    subscriptionId: randomUUID(),
    clientId: randomUUID(),
    personal: randomBytes(80).toString('base64url'),
  },
  metadata: {
    $correlationId: randomUUID(),
    $causationId: randomUUID(),
    commandId: randomUUID(),
    actor: { role: 'user', id: randomUUID() },
    schemaVersion: 1,
  },
});
