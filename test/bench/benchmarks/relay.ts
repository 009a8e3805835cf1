import { ProgramsMissing } from '../../../local/servers/programs.ts';
import { eventually } from '../../support/eventually.ts';
import { startKafka } from '../../support/kafka/kafka.ts';
import type { HistorySummary } from '../../support/population/history.ts';
import { type Benchmark, NotRunnable } from '../benchmark.ts';
import { figure, target } from '../report/row.ts';
import { median } from '../statistics.ts';
import { withCpu } from '../system/cpu.ts';
import { type LogSystem, logSystem } from '../system/log-system.ts';

const EVENTS = 200_000;
const PARTITIONS = 12;
const TIMEOUT_MS = 300_000;
const AT_LEAST_A_SECOND = 40_000;
const AT_MOST_OF_PROJECTOR = 1 / 3;

/** What an event costs those who follow the log: a history is worked off by a projector, and by a relay in each round. */
export const relay: Benchmark = {
  name: 'relay',
  summary: `a relay works off ${EVENTS.toLocaleString('en')} events to a Kafka broker, beside a projector that works off the same`,
  minutes: 10,
  async run({ rounds, sized, say, report }) {
    await using kafka = await broker();
    await using system = await logSystem(sized(EVENTS), say);
    const { events } = system.summary;
    const projected = await workedOff(system, 'projector', 'projector/main.ts', {}, () =>
      hasProjected(system),
    );
    report({
      what: 'a projector, behind',
      figure: figure([projected.rate], ' events/s'),
      cpu: [projected.cpu],
    });
    const relayed: Awaited<ReturnType<typeof workedOff>>[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const topic = `relay-${round}`;
      const env = {
        KAFKA_BROKERS: kafka.url,
        KAFKA_TOPIC_PARTITIONS: String(PARTITIONS),
        KAFKA_TOPIC: topic,
      };
      const done = () => hasRelayed(system, topic);
      relayed.push(await workedOff(system, 'relay', 'projector/relay/main.ts', env, done));
    }
    const rates = relayed.map(({ rate }) => rate);
    report({
      what: `a relay, behind by ${events.toLocaleString('en')} events`,
      figure: figure(rates, ' events/s'),
      target: target(
        `at least ${AT_LEAST_A_SECOND.toLocaleString('en')}/s`,
        median(rates) >= AT_LEAST_A_SECOND,
      ),
      cpu: relayed.map(({ cpu }) => cpu),
    });
    const ofProjector = projected.cpu.micros.projector as number;
    const ofRelay = relayed.map(({ cpu }) => cpu.micros.relay as number);
    const shares = ofRelay.map((micros) => micros / ofProjector);
    report({
      what: "the relay's CPU time an event",
      figure: figure(ofRelay, ' µs'),
      beside: { what: "the projector's", figure: figure([ofProjector], ' µs') },
      ratio: shares,
      target: target('at most a third', median(shares) <= AT_MOST_OF_PROJECTOR),
    });
  },
};

async function broker() {
  try {
    return await startKafka();
  } catch (error) {
    if (error instanceof ProgramsMissing) throw new NotRunnable(error.message);
    throw error;
  }
}

/** From the moment that the service answers: what it did before is left out of the CPU time, and of the events hardly any. */
async function workedOff(
  system: LogSystem,
  name: string,
  main: string,
  env: NodeJS.ProcessEnv,
  done: () => Promise<boolean>,
) {
  await using _ = await system.start(name, main, env);
  // Awaited here: the service would else be stopped as soon as the waiting begins.
  return await withCpu({ processes: system.processes(), own: 'the benchmark' }, async () => {
    const from = performance.now();
    await eventually(`the ${name} has worked off its backlog`, done, TIMEOUT_MS);
    const { events } = system.summary;
    return { operations: events, rate: (events / (performance.now() - from)) * 1_000 };
  });
}

/** By the users' revisions: events of other streams change no row. */
async function hasProjected({ pool, summary }: LogSystem): Promise<boolean> {
  const { events, byType }: HistorySummary = summary;
  const ofUsers = events - (byType.EmailReserved ?? 0) - (byType.EmailReleased ?? 0);
  const { rows } = await pool.query('SELECT sum(revision + 1) AS n FROM read_model.users');
  return Number(rows[0].n) >= ofUsers;
}

async function hasRelayed({ pool, summary }: LogSystem, topic: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    'SELECT FROM relay.checkpoints WHERE topic = $1 AND last_event_commit >= $2',
    [topic, summary.head],
  );
  return rowCount === 1;
}
